import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { loadConfig, type Config } from './config.ts'
import type { Db } from './database/tables.ts'
import { withDatabase } from './database/with-database.ts'
import { commandLog as log } from './log.ts'
import { resealAll } from './reseal.ts'
import { encryptionKeyFile, isEncryptionKey, loadSecrets, MIN_BYTES } from './secrets.ts'
import { isUsageError } from './usage-error.ts'

const USAGE = `Usage: npm run rotate-key [-- --stdin]

  Seals every secret in the database anew, from the present ENCRYPTION_KEY to another one. Stop every Reelay process first.
  The new key is generated; with --stdin it is read from standard input. Where the present one is a file in DATA_DIR, the file
  is replaced; where it is the variable ENCRYPTION_KEY, a generated key is printed, once, for you to set.

Exit codes: 0 done, 1 it failed, 2 wrong usage.
`

async function main (): Promise<void> {
  const { values: { stdin = false, help } } = parseArgs({ options: { stdin: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
  if (help) return console.log(USAGE)
  const given = stdin ? checkKey((await text(process.stdin)).trim()) : undefined
  const config = loadConfig()
  // One connection, so that every other one is somebody else's.
  await withDatabase(config, { max: 1, log }, db => rotate(db, config, given))
}

function checkKey (key: string): string {
  if (Buffer.byteLength(key) < MIN_BYTES) throw new Error(`The new key must have at least ${MIN_BYTES} bytes`)
  return key
}

async function rotate (db: Db, config: Config, given: string | undefined): Promise<void> {
  const file = config.ENCRYPTION_KEY === undefined ? encryptionKeyFile(config) : undefined
  if (file && await finishRotation(db, file)) return console.log(`${file} was replaced: the last rotation is finished.`)
  const { encryption } = await loadSecrets(db, config)
  const key = given ?? randomBytes(MIN_BYTES).toString('base64url')
  if (Buffer.from(key).equals(encryption)) throw new Error('The new key is the present one')

  // Before the database changes: the new key must not be lost, whatever happens next.
  if (file) await writeDurably(nextOf(file), `${key}\n`)
  const count = await resealAll(db, encryption, Buffer.from(key))
  if (file) await rename(nextOf(file), file)
  console.error(`${count} secrets were sealed anew. ${file ? `The new key is in ${file}.` : 'Set ENCRYPTION_KEY to the new key before the next start.'}`)
  if (!file && given === undefined) console.log(key)
}

/** A rotation that was cut short after the database had changed: the new key waits beside the file. */
async function finishRotation (db: Db, file: string): Promise<boolean> {
  const next = await readFile(nextOf(file), 'utf8').catch(() => undefined)
  if (next === undefined || !await isEncryptionKey(db, Buffer.from(next.trim()))) return false
  await rename(nextOf(file), file)
  return true
}

function nextOf (file: string): string {
  return `${file}.next`
}

async function writeDurably (path: string, content: string): Promise<void> {
  await using file = await open(path, 'w', 0o600)
  await file.writeFile(content)
  await file.sync()
}

try {
  await main()
} catch (error) {
  const usage = isUsageError(error)
  console.error(`${(error as Error).message || String(error)}${usage ? `\n\n${USAGE}` : ''}`)
  process.exitCode = usage ? 2 : 1
}
