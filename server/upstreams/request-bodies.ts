import { randomBytes } from 'node:crypto'
import type { InputFile } from './upstream.ts'

/** A list is a field that is given several times. */
export type FormField = string | InputFile | readonly string[]

export interface EncodedBody { contentType: string, body: Buffer }

export function encodeJson (value: object): EncodedBody {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) }
}

/** Encodes multipart/form-data in one piece, so that its length is known and goes with it. */
export function encodeForm (fields: Readonly<Record<string, FormField | undefined>>): EncodedBody {
  const boundary = `reelay-${randomBytes(16).toString('hex')}`
  const parts = Object.entries(fields).flatMap(([name, value]) => value === undefined ? [] : listOf(value).flatMap(item => encodePart(boundary, name, item)))
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
  }
}

function listOf (value: FormField): readonly (string | InputFile)[] {
  return typeof value === 'string' || 'bytes' in value ? [value] : value
}

function encodePart (boundary: string, name: string, value: string | InputFile): Buffer[] {
  const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"`
  if (typeof value === 'string') return [Buffer.from(`${disposition}\r\n\r\n${value}\r\n`)]
  const head = `${disposition}; filename="${asciiFileName(value.fileName)}"\r\nContent-Type: ${value.contentType}\r\n\r\n`
  return [Buffer.from(head), value.bytes, Buffer.from('\r\n')]
}

function escapeName (name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** Non-ASCII names made uploads fail at the report's upstream, a few polls after they were accepted. */
function asciiFileName (name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_').slice(-100) || 'image'
}
