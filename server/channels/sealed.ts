import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deriveKey } from '../secrets.ts'

const CIPHER = 'aes-256-gcm'
const FORMAT = 1
const KEY_ID_BYTES = 4
const IV_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + KEY_ID_BYTES

/**
 * Encrypts `text` for one place (table, column, row ids): moved elsewhere it does not open.
 * Layout: format (1 byte), key id (4), IV (12), tag (16), ciphertext.
 */
export function seal (encryptionKey: Buffer, text: string, place: string[]): Buffer {
  const header = headerOf(encryptionKey)
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, sealingKey(encryptionKey), iv)
  cipher.setAAD(associatedData(header, place))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([header, iv, cipher.getAuthTag(), ciphertext])
}

/** Throws when the bytes were sealed under another key or for another place, or were changed. */
export function open (encryptionKey: Buffer, sealed: Buffer, place: string[]): string {
  const header = headerOf(encryptionKey)
  if (!sealed.subarray(0, HEADER_BYTES).equals(header)) throw new Error('Sealed under another key')

  const [iv, tag, ciphertext] = split(sealed.subarray(HEADER_BYTES), IV_BYTES, TAG_BYTES)
  const decipher = createDecipheriv(CIPHER, sealingKey(encryptionKey), iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(associatedData(header, place))
  decipher.setAuthTag(tag)
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8')
}

function sealingKey (encryptionKey: Buffer): Buffer {
  return deriveKey(encryptionKey, 'sealed:aes-256-gcm', 32)
}

/** The key id tells which key is needed once there are several. */
function headerOf (encryptionKey: Buffer): Buffer {
  return Buffer.concat([Buffer.of(FORMAT), deriveKey(encryptionKey, 'sealed:key-id', KEY_ID_BYTES)])
}

/** JSON, because joined strings would let ['a', 'bc'] pass for ['ab', 'c']. */
function associatedData (header: Buffer, place: string[]): Buffer {
  return Buffer.concat([header, Buffer.from(JSON.stringify(place))])
}

function split (bytes: Buffer, first: number, second: number): [Buffer, Buffer, Buffer] {
  return [bytes.subarray(0, first), bytes.subarray(first, first + second), bytes.subarray(first + second)]
}
