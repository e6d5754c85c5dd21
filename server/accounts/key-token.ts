import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** What every API key begins with: people and secret scanners know it by this. */
export const KEY_PREFIX = 'rl_'
const FORM = /^(rl_[\dA-Za-z]{43})_([\dA-Za-z]{6})$/

/** A new API key: 32 random bytes (43 digits of base 62) and the CRC-32 of what stands before it (6 digits). */
export function newKeyToken (): string {
  const secret = KEY_PREFIX + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)
  return `${secret}_${checksum(secret)}`
}

/** Whether it can be a key at all: a typo is seen without asking the database. */
export function isKeyToken (text: string): boolean {
  const [, secret, sum] = FORM.exec(text) ?? []
  return secret !== undefined && checksum(secret) === sum
}

/**
 * What is stored and looked up instead of the key. A plain hash is enough for 256 random bits, and how long the look-up
 * of a hash takes tells nothing about the key.
 */
export function hashKeyToken (token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function checksum (secret: string): string {
  return base62(BigInt(crc32(secret)), 6)
}

function base62 (value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text
  return text
}
