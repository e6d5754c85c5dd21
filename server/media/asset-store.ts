import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { ConfigError } from '../config.ts'
import type { Db } from '../database/tables.ts'

export interface StoredFile { sha256: string, size: number }

/** A whole file that is not kept yet: it can still be looked at on the disk. */
export interface StagedFile extends StoredFile { path: string }

/** Bytes by their SHA-256. The same content is kept once, whoever put it there. */
export interface AssetStore {
  put (content: Buffer | AsyncIterable<Uint8Array>): Promise<StoredFile>
  /** The same in two steps: `stage` writes, then `keep` or `discard` ends it. */
  stage (content: Buffer | AsyncIterable<Uint8Array>): Promise<StagedFile>
  keep (file: StagedFile): Promise<void>
  discard (file: StagedFile): Promise<void>
  has (sha256: string): Promise<boolean>
  /** Throws ENOENT when the content is not here. */
  sizeOf (sha256: string): Promise<number>
  /** Reads the bytes from `start` to `end`, both included. Throws ENOENT when the content is not here. */
  open (sha256: string, range?: { start?: number, end?: number }): Promise<{ stream: Readable, size: number }>
  remove (sha256: string): Promise<void>
  /** The file a tool of this machine can read. */
  pathOf (sha256: string): string
  /** The contents in one of the folders '00' to 'ff' that have been there for an hour. */
  list (folder: string): Promise<string[]>
  /** Removes what processes that died left half-written. */
  removeAbandoned (): Promise<void>
}

const SHA256 = /^[0-9a-f]{64}$/
const MARKER_KEY = 'assets:marker'
/** A write that has not moved for this long belongs to a process that died. */
const ABANDONED_MS = 24 * 3_600_000
/** Younger contents may be about to get their row. */
const SETTLED_MS = 3_600_000
/** A slow reader holds two or three of these in memory; Node's own 64 KiB cost 50 readers up to 80 MiB. */
const PIECE_BYTES = 16 * 1024

/** The store in `<dataDir>/assets`: `ab/cd/<sha256>`, never a half-written file under its final name. */
export function createAssetStore (dataDir: string): AssetStore {
  const root = join(dataDir, 'assets')
  return {
    async put (content) {
      const file = await stageFile(root, content)
      await keepFile(root, file)
      return { sha256: file.sha256, size: file.size }
    },
    stage: content => stageFile(root, content),
    keep: file => keepFile(root, file),
    discard: ({ path }) => rm(path, { force: true }),
    sizeOf: async sha256 => (await stat(pathOf(root, sha256))).size,
    has: async sha256 => await stat(pathOf(root, sha256)).catch(ignore('ENOENT')) !== undefined,
    open: async (sha256, range) => await openFile(pathOf(root, sha256), range),
    remove: async sha256 => await rm(pathOf(root, sha256), { force: true }),
    pathOf: sha256 => pathOf(root, sha256),
    list: folder => listFolder(join(root, folder)),
    removeAbandoned: () => removeAbandoned(join(root, 'tmp'))
  }
}

/**
 * Makes sure that every process of one database uses the same asset folder.
 * Throws ConfigError when this folder is not the one the database knows.
 */
export async function checkAssetStore (db: Db, dataDir: string): Promise<void> {
  const root = join(dataDir, 'assets')
  await mkdir(join(root, 'tmp'), { recursive: true })
  const recorded = await recordedMarker(db) ?? await recordMarker(db, await createMarker(root))
  if (recorded !== await readMarker(root)) {
    throw new ConfigError(`DATA_DIR: ${root} is not the asset folder this database was started with; every process needs the same one (to begin with an empty one, delete '${MARKER_KEY}' from instance_settings)`)
  }
  await removeAbandoned(join(root, 'tmp'))
}

function pathOf (root: string, sha256: string): string {
  if (!SHA256.test(sha256)) throw new Error('Not a SHA-256')
  return join(root, sha256.slice(0, 2), sha256.slice(2, 4), sha256)
}

async function stageFile (root: string, content: Buffer | AsyncIterable<Uint8Array>): Promise<StagedFile> {
  const path = join(root, 'tmp', randomUUID())
  await mkdir(dirname(path), { recursive: true })
  return await orRemove(path, async () => ({ path, ...await writeFile(path, Buffer.isBuffer(content) ? [content] : content) }))
}

async function keepFile (root: string, { path, sha256 }: StagedFile): Promise<void> {
  const target = pathOf(root, sha256)
  await orRemove(path, async () => {
    await mkdir(dirname(target), { recursive: true })
    await rename(path, target)
  })
  await syncFolder(dirname(target))
}

async function orRemove<T> (path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

async function writeFile (path: string, content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<StoredFile> {
  const hash = createHash('sha256')
  let size = 0
  await using file = await open(path, 'wx', 0o600)
  for await (const chunk of content) {
    hash.update(chunk)
    size += chunk.length
    await file.writeFile(chunk)
  }
  await file.sync()
  return { sha256: hash.digest('hex'), size }
}

/** Without this a power cut may forget the rename, though the database remembers the file. */
async function syncFolder (path: string): Promise<void> {
  // Windows cannot open a folder.
  if (process.platform === 'win32') return
  await using folder = await open(path)
  await folder.sync()
}

async function openFile (path: string, range: { start?: number, end?: number } = {}): Promise<{ stream: Readable, size: number }> {
  const file = await open(path)
  const { size } = await file.stat()
  return { stream: file.createReadStream({ ...range, highWaterMark: PIECE_BYTES }), size }
}

async function recordedMarker (db: Db): Promise<string | undefined> {
  const row = await db.selectFrom('instance_settings').select('value').where('key', '=', MARKER_KEY).executeTakeFirst()
  return row?.value as string | undefined
}

/** Of two first starts one writes; both read what was written. */
async function recordMarker (db: Db, marker: string): Promise<string | undefined> {
  await db
    .insertInto('instance_settings')
    .values({ key: MARKER_KEY, value: JSON.stringify(marker) })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  return recordedMarker(db)
}

/** A folder that has a marker keeps it: a start may have died before it reached the database. */
async function createMarker (root: string): Promise<string> {
  const temporary = join(root, 'tmp', randomUUID())
  await using file = await open(temporary, 'wx')
  await file.writeFile(randomUUID())
  await file.sync()
  // A link appears with its content and never replaces another process's.
  await link(temporary, join(root, 'marker')).catch(ignore('EEXIST'))
  await rm(temporary)
  await syncFolder(root)
  return (await readMarker(root))!
}

function readMarker (root: string): Promise<string | undefined> {
  return readFile(join(root, 'marker'), 'utf8').catch(ignore('ENOENT'))
}

function ignore (code: string) {
  return (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error
  }
}

async function listFolder (path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(ignore('ENOENT')) ?? []
  const contents = entries.filter(entry => entry.isFile() && SHA256.test(entry.name))
  const settled = await Promise.all(contents.map(({ parentPath, name }) => isOlder(join(parentPath, name), SETTLED_MS)))
  return contents.filter((_, index) => settled[index]).map(({ name }) => name)
}

/** Another process may clear up at the same time. */
async function isOlder (path: string, ageMs: number): Promise<boolean> {
  const file = await stat(path).catch(ignore('ENOENT'))
  return file !== undefined && Date.now() - file.mtimeMs > ageMs
}

async function removeAbandoned (folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (await isOlder(path, ABANDONED_MS)) await rm(path, { force: true })
  }
}
