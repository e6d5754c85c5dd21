import { hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { ConfigError, type Config } from './config.ts'
import type { Db } from './database/tables.ts'

export interface Secrets {
  /** Signs login tokens. */
  jwt: Buffer
  /** Seals channel keys. */
  encryption: Buffer
}

interface SecretKind { variable: 'JWT_SECRET' | 'ENCRYPTION_KEY', file: string, fingerprint: string }

const KINDS: Record<keyof Secrets, SecretKind> = {
  jwt: { variable: 'JWT_SECRET', file: 'jwt-secret', fingerprint: 'fingerprint:jwt' },
  encryption: { variable: 'ENCRYPTION_KEY', file: 'encryption-key', fingerprint: 'fingerprint:encryption' }
}

export const MIN_BYTES = 32

/** Any number, the same in every process: the advisory lock of the secrets. */
const SECRETS_LOCK = 7_302_002

/**
 * The two secrets: from the environment, else from files in DATA_DIR, else generated there once. Throws ConfigError when
 * one is missing or another than this database was started with: what it protects would be lost silently.
 */
export function loadSecrets (db: Db, config: Config): Promise<Secrets> {
  return db.transaction().execute(async trx => {
    await lockSecrets(trx)
    return {
      jwt: await loadSecret(trx, config, KINDS.jwt),
      encryption: await loadSecret(trx, config, KINDS.encryption)
    }
  })
}

/** Where a generated encryption key lies. */
export function encryptionKeyFile ({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string {
  return join(DATA_DIR, KINDS.encryption.file)
}

/** Nobody loads the secrets before the transaction ends. */
export async function lockSecrets (trx: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(${SECRETS_LOCK})`.execute(trx)
}

/** Whether the database was started with this encryption key, or moved to it. */
export async function isEncryptionKey (db: Db, key: Buffer): Promise<boolean> {
  const known = await readFingerprint(db, KINDS.encryption)
  return known !== undefined && timingSafeEqual(known, deriveKey(key, KINDS.encryption.fingerprint, 16))
}

/** From now on the database is started with this encryption key. */
export async function rememberEncryptionKey (trx: Db, key: Buffer): Promise<void> {
  const { fingerprint } = KINDS.encryption
  await trx
    .updateTable('instance_settings')
    .set({ value: JSON.stringify(deriveKey(key, fingerprint, 16).toString('hex')), updated_at: sql<Date>`now()` })
    .where('key', '=', fingerprint)
    .execute()
}

/** A key for one purpose. Different labels give keys of which none tells anything about another, or about the secret. */
export function deriveKey (secret: Buffer, label: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'reelay', label, length))
}

async function loadSecret (trx: Db, config: Config, kind: SecretKind): Promise<Buffer> {
  const path = join(config.DATA_DIR, kind.file)
  const known = await readFingerprint(trx, kind)
  const secret = await configuredSecret(config, kind, path)
  if (!secret && known) throw new ConfigError(`${kind.variable}: lost; this database was started with one: set it, or bring back the file ${path}`)

  const value = secret ?? await generateSecret(config.DATA_DIR, path)
  const fingerprint = deriveKey(value, kind.fingerprint, 16)
  if (!known) await insertFingerprint(trx, kind, fingerprint)
  else if (!timingSafeEqual(known, fingerprint)) throw new ConfigError(`${kind.variable}: not the one this database was started with; bring the old one back (${path} when it was generated)`)
  return value
}

async function configuredSecret (config: Config, { variable }: SecretKind, path: string): Promise<Buffer | undefined> {
  const text = config[variable] ?? await readSecretFile(path)
  if (text === undefined) return undefined
  const secret = Buffer.from(text)
  if (secret.length < MIN_BYTES) throw new ConfigError(`${variable}: must have at least ${MIN_BYTES} bytes`)
  return secret
}

async function readSecretFile (path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A hard link never replaces a file: of two processes that generate at once, both read the secret of the first. */
async function generateSecret (folder: string, path: string): Promise<Buffer> {
  await mkdir(folder, { recursive: true })
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(MIN_BYTES).toString('base64url')}\n`)
    await file.sync()
    await link(draft, path).catch(ignoreExisting)
  } finally {
    await file.close()
    await rm(draft)
  }
  return Buffer.from((await readSecretFile(path))!)
}

function ignoreExisting (error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

async function readFingerprint (trx: Db, { fingerprint }: SecretKind): Promise<Buffer | undefined> {
  const row = await trx
    .selectFrom('instance_settings')
    .select('value')
    .where('key', '=', fingerprint)
    .executeTakeFirst()
  return row && Buffer.from(row.value as string, 'hex')
}

async function insertFingerprint (trx: Db, { fingerprint: key }: SecretKind, fingerprint: Buffer): Promise<void> {
  await trx
    .insertInto('instance_settings')
    .values({ key, value: JSON.stringify(fingerprint.toString('hex')) })
    .execute()
}
