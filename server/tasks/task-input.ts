import { createHash } from 'node:crypto'
import { invalidField } from '../errors.ts'
import type { InputFile, InputImage } from '../upstreams/upstream.ts'

const MAX_METADATA_BYTES = 4_096
/** Written by Reelay alone (DESIGN §5). */
const RESERVED_METADATA = ['type', 'remix_from', 'remix_from_external']

/** What a client asks for, whichever wire it came by, with files already read. */
export interface TaskInput {
  prompt: string
  model?: string
  size?: string
  aspectRatio?: string
  duration?: number
  image?: InputImage
  /** An uploaded video to edit or extend. */
  video?: InputFile
  /** Ids of the user's characters that the video is to show. */
  characters?: string[]
  watermark?: boolean
  seed?: number
  negativePrompt?: string
  parameters?: Record<string, unknown>
  metadata?: Record<string, unknown>
  clientRequestId?: string
  channelId?: string
  /** Told how the task ends; already checked. */
  callbackUrl?: string
}

/** Throws REQUEST_INVALID for what a schema cannot say. */
export function checkTaskInput (input: TaskInput): void {
  const { metadata = {} } = input
  const reserved = RESERVED_METADATA.find(key => Object.hasOwn(metadata, key))
  if (reserved) throw invalidField(`metadata.${reserved}`, 'is written by the server and may not be set')
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) throw invalidField('metadata', `must not be larger than ${MAX_METADATA_BYTES} bytes as JSON`)
  if (input.prompt.trim() === '') throw invalidField('prompt', 'must not be empty')
  for (const [field, value] of Object.entries(input)) {
    if (field !== 'image' && field !== 'video' && !isStorable(value)) throw invalidField(field, 'must not contain NUL characters or broken Unicode')
  }
}

/** Postgres stores neither NUL nor lone surrogates, in text or jsonb. */
export function isStorable (value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, item]) => isStorable(key) && isStorable(item))
}

/** Equal for requests that ask for the same: parsed fields and the files' bytes, whatever the encoding or order. */
export function hashTaskInput (operation: string, { image, video, ...fields }: TaskInput): string {
  return hashJson({ operation, ...fields, imageHash: image && hashOf(image), videoHash: video && hashOf(video) })
}

/** Equal for values that say the same, whatever the order of their keys. */
export function hashJson (value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

function hashOf ({ bytes }: InputFile): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function canonicalJson (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item ?? null)).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => a < b ? -1 : 1)
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join()}}`
}
