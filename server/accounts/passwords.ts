import { argon2 as argon2Callback, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { createBoundedQueue } from '../bounded-queue.ts'

const argon2 = promisify(argon2Callback)

interface Cost { memory: number, passes: number, parallelism: number }
interface StoredHash extends Cost { salt: Buffer, hash: Buffer }

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. About 40 ms here. */
const COST: Cost = { memory: 19 * 1024, passes: 2, parallelism: 1 }
const HASH_BYTES = 32

export const PASSWORD_MIN_LENGTH = 8
export const PASSWORD_MAX_LENGTH = 1024

// Each hash holds 19 MiB and a thread of libuv's pool: a flood of logins must not starve file access or DNS.
const inTurn = createBoundedQueue(4, 60, 'passwordChecks')

/** Compared with when there is no user, so that an unknown name costs what a wrong password costs. Nothing matches it. */
const NOBODYS_HASH = encode({ ...COST, salt: randomBytes(16), hash: randomBytes(HASH_BYTES) })

/** The PHC string (`$argon2id$v=19$m=…`) to store. Throws RATE_LIMITED when too many wait for the processor. */
export async function hashPassword (password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, { ...COST, salt }, HASH_BYTES)
  return encode({ ...COST, salt, hash })
}

/** Whether the password is the stored one, and whether the hash should be made anew because the cost has changed since. */
export async function verifyPassword (password: string, stored: string = NOBODYS_HASH): Promise<{ matches: boolean, outdated: boolean }> {
  const { salt, hash, ...cost } = decode(stored)
  const candidate = await derive(password, { ...cost, salt }, hash.length)
  const outdated = cost.memory !== COST.memory || cost.passes !== COST.passes || cost.parallelism !== COST.parallelism
  return { matches: timingSafeEqual(candidate, hash), outdated }
}

/** A password for a person to type once: 120 random bits, no two characters that look alike. */
export function generatePassword (): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
  return Array.from(randomBytes(24), byte => alphabet[byte % alphabet.length]).join('')
}

function derive (password: string, { memory, passes, parallelism, salt }: Cost & { salt: Buffer }, tagLength: number): Promise<Buffer> {
  // The same password typed with another keyboard or input method may arrive composed differently.
  const message = Buffer.from(password.normalize('NFKC'))
  return inTurn(() => argon2('argon2id', { message, nonce: salt, memory, passes, parallelism, tagLength }))
}

function encode ({ memory, passes, parallelism, salt, hash }: StoredHash): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`
}

function decode (stored: string): StoredHash {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored)
  if (!match) throw new Error('A stored password hash cannot be read')
  const [, memory, passes, parallelism, salt, hash] = match
  return { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism), salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

/** PHC strings leave the padding out. */
function base64 (bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
