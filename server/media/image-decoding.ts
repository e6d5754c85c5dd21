import { parentPort } from 'node:worker_threads'
import Vips from 'wasm-vips'
import type { DecodingWork, FromDecoding, Picture } from './decoding-worker.ts'

/** Node has it; its types leave it to those of browsers. */
declare const WebAssembly: { Memory: new (size: { initial: number, maximum: number, shared?: boolean }) => object }

/** 512 MiB: what the picture of a sensible image takes many times over. */
const MAX_PAGES = 8_192

/** What a JPEG decoder only remarks on although pixels are missing or wrong. Its other remarks (bytes too many, odd parameters) are about images that everybody can see. */
const DAMAGE = /premature end|bad Huffman code|found marker|Corrupted arithmetic/i

const port = parentPort!
// The package makes its memory itself, of up to 2 GiB.
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor (size: { initial: number, maximum: number, shared?: boolean }) { super({ ...size, maximum: MAX_PAGES }) }
}
const vips = await Vips({ dynamicLibraries: [] })
vips.concurrency(1)
// What is kept of one image would be missing for the next.
vips.Cache.max(0)

port.on('message', ({ bytes, contentType }: DecodingWork) => port.postMessage(verdictOn(bytes, contentType)))
port.postMessage('ready' satisfies FromDecoding)

function verdictOn (bytes: Uint8Array, contentType: Picture['contentType']): FromDecoding {
  try {
    decodeJudging(bytes, contentType)
    return 'fine'
  } catch (error) {
    const message = messageOf(error)
    return message === undefined || /out of memory|unable to allocate/i.test(message) ? 'heavy' : 'damaged'
  }
}

function decodeJudging (bytes: Uint8Array, contentType: Picture['contentType']): void {
  if (contentType !== 'image/jpeg') return decode(bytes, contentType, 'error')
  try {
    decode(bytes, contentType, 'warning')
  } catch (error) {
    const message = messageOf(error)
    if (message === undefined || !/VipsJpeg/.test(message) || DAMAGE.test(message)) throw error
    decode(bytes, contentType, 'error')
  }
}

/** Reads every pixel, a few lines at a time where the form allows it. */
function decode (bytes: Uint8Array, contentType: Picture['contentType'], failOn: 'error' | 'warning'): void {
  // What must be held whole would else go into a file, and its files are memory that nothing limits.
  const options = { fail_on: failOn, access: 'sequential', memory: true }
  using image = disposable(contentType === 'image/png'
    ? vips.Image.pngloadBuffer(bytes, options)
    : contentType === 'image/jpeg'
      ? vips.Image.jpegloadBuffer(bytes, options)
      : vips.Image.webploadBuffer(bytes, { ...options, n: -1 }))
  image.value.avg()
}

function disposable (value: Vips.Image): Disposable & { value: Vips.Image } {
  return { value, [Symbol.dispose]: () => value.delete() }
}

/** What libvips says is wrong; undefined where the error is not its own, as when the memory is used up. */
function messageOf (error: unknown): string | undefined {
  const { message } = error as { message?: unknown }
  return Array.isArray(message) ? message.join(' ') : undefined
}
