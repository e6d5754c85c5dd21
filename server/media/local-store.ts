import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { AssetMissing, isSha256, keyOf, SETTLED_MS, type AssetStore, type StagedFile } from './asset-store.ts'
import { ignore, isOlder, orRemove, removeAbandoned, stageFile } from './staged-files.ts'

/** A slow reader holds two or three of these in memory; Node's own 64 KiB cost 50 readers up to 80 MiB. */
const PIECE_BYTES = 16 * 1024

/** The store in `<dataDir>/assets`: never a half-written file under its final name. */
export function createLocalStore (dataDir: string): AssetStore {
  const root = join(dataDir, 'assets')
  const staging = join(root, 'tmp')
  const pathOf = (sha256: string) => join(root, keyOf(sha256))
  return {
    place: `DATA_DIR: ${root}`,
    async put (bytes) {
      const file = await stageFile(staging, [bytes])
      await keepFile(file, pathOf(file.sha256))
      return { sha256: file.sha256, size: file.size }
    },
    stage: content => stageFile(staging, content),
    keep: file => keepFile(file, pathOf(file.sha256)),
    discard: ({ path }) => rm(path, { force: true }),
    has: async sha256 => await stat(pathOf(sha256)).catch(ignore('ENOENT')) !== undefined,
    open: async (sha256, range) => await openFile(pathOf(sha256), range).catch(orMissing(sha256)),
    async localFile (sha256) {
      const path = pathOf(sha256)
      await stat(path).catch(orMissing(sha256))
      return { path, async [Symbol.asyncDispose] () {} }
    },
    remove: async sha256 => await rm(pathOf(sha256), { force: true }),
    list: folder => listFolder(join(root, folder)),
    removeAbandoned: () => removeAbandoned(staging),
    // A full disk is only met by writing.
    async checkReachable () {},
    readMarker: () => readMarker(root),
    createMarker: () => createMarker(root, staging)
  }
}

async function keepFile ({ path }: StagedFile, target: string): Promise<void> {
  await orRemove(path, async () => {
    await mkdir(dirname(target), { recursive: true })
    await rename(path, target)
  })
  await syncFolder(dirname(target))
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

function orMissing (sha256: string) {
  return (error: NodeJS.ErrnoException): never => {
    throw error.code === 'ENOENT' ? new AssetMissing(sha256) : error
  }
}

async function listFolder (path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(ignore('ENOENT')) ?? []
  const contents = entries.filter(entry => entry.isFile() && isSha256(entry.name))
  const settled = await Promise.all(contents.map(({ parentPath, name }) => isOlder(join(parentPath, name), SETTLED_MS)))
  return contents.filter((_, index) => settled[index]).map(({ name }) => name)
}

function readMarker (root: string): Promise<string | undefined> {
  return readFile(join(root, 'marker'), 'utf8').catch(ignore('ENOENT'))
}

/** A folder that has a marker keeps it: a start may have died before it reached the database. */
async function createMarker (root: string, staging: string): Promise<string> {
  const temporary = await stageFile(staging, [Buffer.from(randomUUID())])
  // A link appears with its content and never replaces another process's.
  await link(temporary.path, join(root, 'marker')).catch(ignore('EEXIST'))
  await rm(temporary.path)
  await syncFolder(root)
  return (await readMarker(root))!
}
