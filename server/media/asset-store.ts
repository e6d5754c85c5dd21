import type { Readable } from 'node:stream'
import { ReelayError } from '../errors.ts'

export interface StoredFile { sha256: string, size: number }

/** A whole file that is not kept yet, on this machine's disk. */
export interface StagedFile extends StoredFile { path: string }

/** A kept file as one that a tool of this machine can read, until it is disposed of. */
export interface LocalFile extends AsyncDisposable { path: string }

/** Bytes by their SHA-256. The same content is kept once, whoever put it there. Everything here throws AssetStoreAway when the store cannot be reached. */
export interface AssetStore {
  /** The variable that says where it is, and where that is. */
  readonly place: string
  put (bytes: Buffer): Promise<StoredFile>
  /** For more than fits in memory, in two steps: `stage` writes, then `keep` or `discard` ends it. */
  stage (content: AsyncIterable<Uint8Array>): Promise<StagedFile>
  keep (file: StagedFile, signal?: AbortSignal): Promise<void>
  discard (file: StagedFile): Promise<void>
  has (sha256: string): Promise<boolean>
  /** Reads the bytes from `start` to `end`, both included. `size` is the whole file's. Throws AssetMissing. */
  open (sha256: string, range?: { start: number, end: number }, signal?: AbortSignal): Promise<{ stream: Readable, size: number }>
  /** Throws AssetMissing. */
  localFile (sha256: string, signal?: AbortSignal): Promise<LocalFile>
  remove (sha256: string): Promise<void>
  /** The contents in one of the folders '00' to 'ff' that have been there for an hour. */
  list (folder: string): Promise<string[]>
  /** Removes what processes that died left half-written. */
  removeAbandoned (): Promise<void>
  /** Throws when nothing could be kept now: asked before a video is fetched in vain. */
  checkReachable (): Promise<void>
  /** What tells this store from every other. */
  readMarker (): Promise<string | undefined>
  /** The marker of a store that the database does not know yet. */
  createMarker (): Promise<string>
}

/** The content is not in the store, or no longer. */
export class AssetMissing extends Error {
  override name = 'AssetMissing'

  constructor (sha256: string) {
    super(`${sha256} is not kept here`)
  }
}

/** The store gave no usable answer. A client learns no more than the code; the message is for the log. */
export class AssetStoreAway extends ReelayError {
  override name = 'AssetStoreAway'

  constructor (reason: string, cause?: unknown) {
    super('MEDIA_UNAVAILABLE', { cause })
    this.message = reason
  }
}

/** Younger contents may be about to get their row. */
export const SETTLED_MS = 3_600_000

const SHA256 = /^[0-9a-f]{64}$/

export function isSha256 (name: string): boolean {
  return SHA256.test(name)
}

/** The same in every store, so that the files of one can be copied to another: `ab/cd/<sha256>`. */
export function keyOf (sha256: string): string {
  if (!isSha256(sha256)) throw new Error('Not a SHA-256')
  return `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`
}
