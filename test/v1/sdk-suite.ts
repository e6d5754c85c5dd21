/**
 * Stands before a running server while the SDK's own test of videos is replayed against it (docs/openai.md). The test names
 * fixtures that no server has: a key, the ids video_123 and char_123, a README as image and as video. Here each becomes a real one.
 *
 *   REELAY_URL=http://127.0.0.1:3001 REELAY_KEY=… node test/v1/sdk-suite.ts
 */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI, { toFile } from 'openai'
import { png } from '../support/images.ts'

const { REELAY_URL = 'http://127.0.0.1:3001', REELAY_KEY, PORT = '4010' } = process.env
const clip = await readFile(join(import.meta.dirname, '../../server/sandbox/clip.mp4'))
const sdk = new OpenAI({ baseURL: `${REELAY_URL}/v1`, apiKey: REELAY_KEY })
const FILES: Readonly<Record<string, () => Promise<File>>> = {
  input_reference: () => toFile(png(720, 1280), 'reference.png', { type: 'image/png' }),
  video: () => toFile(clip, 'clip.mp4', { type: 'video/mp4' })
}

createServer(async (req, res) => {
  try {
    const answer = await fetch(REELAY_URL + await withRealIds(`/v1${req.url!.replace(/^\/v1/, '')}`), {
      method: req.method,
      headers: { ...pick(req, ['accept', 'x-stainless-retry-count', ...isForm(req) ? [] : ['content-type']]), authorization: `Bearer ${REELAY_KEY}` },
      body: await bodyOf(req)
    })
    console.log(`${req.method} ${req.url} → ${answer.status}`)
    res.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json', 'x-should-retry': 'false' })
    res.end(Buffer.from(await answer.arrayBuffer()))
  } catch (error) {
    console.error(error)
    res.destroy()
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`TEST_API_BASE_URL=http://127.0.0.1:${PORT}`))

function isForm (req: IncomingMessage): boolean {
  return req.headers['content-type']?.startsWith('multipart/form-data') ?? false
}

async function bodyOf (req: IncomingMessage): Promise<RequestInit['body']> {
  const bytes = await buffer(req)
  if (bytes.length === 0) return undefined
  if (!isForm(req)) return new Uint8Array(bytes)
  const given = await new Response(new Uint8Array(bytes), { headers: { 'content-type': req.headers['content-type']! } }).formData()
  const form = new FormData()
  for (const [name, value] of given) form.append(name, typeof value === 'string' ? value : await FILES[name]!())
  return form
}

/** A finished video and a character of its own for every request that names one, so that no order of the tests matters. */
async function withRealIds (url: string): Promise<string> {
  if (url.includes('video_123')) return url.replace('video_123', await finishedVideo())
  if (url.includes('char_123')) return url.replace('char_123', (await sdk.videos.createCharacter({ name: 'x', video: await FILES.video!() })).id!)
  return url
}

async function finishedVideo (): Promise<string> {
  let video = await sdk.videos.create({ prompt: 'a fixture' })
  while (video.status === 'queued' || video.status === 'in_progress') {
    await sleep(200)
    video = await sdk.videos.retrieve(video.id)
  }
  return video.id
}

function pick ({ headers }: IncomingMessage, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap(name => typeof headers[name] === 'string' ? [[name, headers[name]]] : []))
}
