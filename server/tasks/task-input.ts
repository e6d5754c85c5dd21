import { createHash } from 'node:crypto'
import type { TaskOptions } from '../database/tables.ts'
import { invalidField } from '../errors.ts'
import type { InputFiles } from '../media/input-files.ts'
import { requireShallow, requireStorable } from '../storable-text.ts'
import type { InputFile } from '../upstreams/upstream.ts'

const MAX_METADATA_BYTES = 4_096
/** Written by Reelay alone (DESIGN §5). */
const RESERVED_METADATA = ['type', 'remix_from', 'remix_from_external']

/** What a client asks for, whichever wire it came by, with files already read. */
export interface TaskInput extends InputFiles, Omit<TaskOptions, 'extendBy'> {
  prompt: string
  model?: string
  size?: string
  aspectRatio?: string
  duration?: number
  metadata?: Record<string, unknown>
  clientRequestId?: string
  channelId?: string
  /** Told how the task ends; already checked. */
  callbackUrl?: string
}

/** Throws REQUEST_INVALID for what a schema cannot say. */
export function checkTaskInput (input: TaskInput): void {
  const { metadata = {} } = input
  const fields = withoutFiles(input)
  requireShallow(fields)
  requireStorable(fields)
  const reserved = RESERVED_METADATA.find(key => Object.hasOwn(metadata, key))
  if (reserved) throw invalidField(`metadata.${reserved}`, 'is written by the server and may not be set')
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) throw invalidField('metadata', `must not be larger than ${MAX_METADATA_BYTES} bytes as JSON`)
  if (input.prompt.trim() === '') throw invalidField('prompt', 'must not be empty')
}

/** Equal for requests that ask for the same: parsed fields and the files' bytes, whatever the encoding or order. */
export function hashTaskInput (operation: string, input: TaskInput): string {
  const { image, video, firstFrame, lastFrame, referenceImages } = input
  return hashJson({
    operation,
    ...withoutFiles(input),
    imageHash: hashOf(image),
    videoHash: hashOf(video),
    firstFrameHash: hashOf(firstFrame),
    lastFrameHash: hashOf(lastFrame),
    referenceHashes: referenceImages?.map(hashOf)
  })
}

function withoutFiles ({ image, firstFrame, lastFrame, referenceImages, video, ...fields }: TaskInput) {
  return fields
}

/** What is kept of the input beside the columns. */
export function optionsOf ({ characters, watermark, seed, negativePrompt, strength, style, cameraMotion, fps, audio, parameters }: TaskInput): TaskOptions {
  return { characters, watermark, seed, negativePrompt, strength, style, cameraMotion, fps, audio, parameters }
}

/** Equal for values that say the same, whatever the order of their keys. */
export function hashJson (value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

function hashOf (file: InputFile | undefined): string | undefined {
  return file && createHash('sha256').update(file.bytes).digest('hex')
}

function canonicalJson (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item ?? null)).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => a < b ? -1 : 1)
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join()}}`
}
