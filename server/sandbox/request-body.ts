import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy'
import type { ReceivedFile } from './job.ts'
import { Refusal } from './replies.ts'

export interface RequestBody {
  encoding: 'json' | 'multipart' | 'none'
  /** Objects are flattened to the bracket names of forms: `video[id]`. */
  fields: Record<string, string>
  files: ReceivedFile[]
}

// A data URL in a text field may be 20 MiB long.
const LIMITS = { fieldSize: 24 * 1024 * 1024, fileSize: 64 * 1024 * 1024 }

/** Reads a JSON or multipart body. Throws Refusal (400) when it cannot be read. */
export async function readRequestBody (req: IncomingMessage): Promise<RequestBody> {
  const contentType = req.headers['content-type'] ?? ''
  if (contentType.startsWith('multipart/form-data')) return readMultipart(req)
  const text = (await buffer(req)).toString('utf8')
  if (text === '') return { encoding: 'none', fields: {}, files: [] }
  return { encoding: 'json', fields: Object.fromEntries(flatten(parseObject(text))), files: [] }
}

function parseObject (text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {}
  throw new Refusal(400, 'invalid_json', 'The body is not a JSON object.')
}

function flatten (value: object, prefix = ''): Array<[string, string]> {
  return Object.entries(value).flatMap(([key, item]): Array<[string, string]> => {
    const name = prefix ? `${prefix}[${key}]` : key
    if (item === null || item === undefined) return []
    return typeof item === 'object' ? flatten(item, name) : [[name, String(item)]]
  })
}

async function readMultipart (req: IncomingMessage): Promise<RequestBody> {
  const fields: Array<[string, string]> = []
  const files: ReceivedFile[] = []
  try {
    const parser = new Busboy({ headers: req.headers as BusboyHeaders, limits: LIMITS, preservePath: true })
    parser.on('field', (name, value) => fields.push([name, value]))
    parser.on('file', (field, stream, name, _encoding, contentType) => receiveFile(stream, { field, name, contentType }, files))
    await pipeline(req, parser)
  } catch (error) {
    throw new Refusal(400, 'invalid_multipart', `The multipart body cannot be read: ${(error as Error).message}`)
  }
  return { encoding: 'multipart', fields: joinRepeated(fields), files }
}

/** A field that is given several times is a list: its name ends with `[]` or has it inside. */
function joinRepeated (fields: Array<[string, string]>): Record<string, string> {
  return Object.fromEntries(fields.map(([name, value]) => [name, name.includes('[]') ? fields.filter(([other]) => other === name).map(([, item]) => item).join() : value]))
}

function receiveFile (stream: BusboyFileStream, about: Pick<ReceivedFile, 'field' | 'name' | 'contentType'>, files: ReceivedFile[]): void {
  const hash = createHash('sha256')
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    size += chunk.length
  })
  stream.on('end', () => files.push({ ...about, size, sha256: hash.digest('hex') }))
}
