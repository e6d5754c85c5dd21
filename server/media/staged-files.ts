import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StagedFile, StoredFile } from './asset-store.ts'

/** A write that has not moved for this long belongs to a process that died. */
const ABANDONED_MS = 24 * 3_600_000

/** Writes the content into a file of its own in `folder`; what breaks off leaves none. */
export async function stageFile (folder: string, content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<StagedFile> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  return await orRemove(path, async () => ({ path, ...await writeFile(path, content) }))
}

/** Removes the file when the work fails. */
export async function orRemove<T> (path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

export async function removeAbandoned (folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(ignore('ENOENT')) ?? []) {
    const path = join(folder, name)
    if (await isOlder(path, ABANDONED_MS)) await rm(path, { force: true })
  }
}

/** Another process may clear up at the same time. */
export async function isOlder (path: string, ageMs: number): Promise<boolean> {
  const file = await stat(path).catch(ignore('ENOENT'))
  return file !== undefined && Date.now() - file.mtimeMs > ageMs
}

export function ignore (code: string) {
  return (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error
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
