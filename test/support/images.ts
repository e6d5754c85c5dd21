import { crc32, deflateSync } from 'node:zlib'

/** A larger PNG has fewer pixels than its header says: tests of headers need no more. */
const MAX_PIXELS = 16_000_000

/** A black PNG. `pixels` are its lines, each with its filter in front. */
export function png (width: number, height: number, { data = true, brokenCrc = false, pixels = blackLines(width, height) } = {}): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const image = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...data ? [pngChunk('IDAT', deflateSync(pixels))] : [],
    pngChunk('IEND', Buffer.alloc(0))
  ])
  if (brokenCrc) image[29]! ^= 1
  return image
}

function blackLines (width: number, height: number): Buffer {
  return Buffer.alloc(width * height > MAX_PIXELS ? 9 : (width + 1) * height)
}

/** A grey JPEG: one code of one bit, 0, says that a block is like the one before; two of them are a block. */
export function jpeg (width: number, height: number): Buffer {
  const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0])
  frame.writeUInt16BE(height, 5)
  frame.writeUInt16BE(width, 7)
  const oneCode = [1, ...Array(15).fill(0), 0]
  return Buffer.concat([
    Buffer.of(0xff, 0xd8, 0xff, 0xe0, 0, 4, 0x41, 0x42),
    Buffer.from([0xff, 0xdb, 0, 67, 0, ...Array(64).fill(1)]),
    frame,
    Buffer.from([0xff, 0xc4, 0, 2 + 2 * 18, 0x00, ...oneCode, 0x10, ...oneCode]),
    Buffer.of(0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0),
    zeroBits(2 * Math.ceil(width / 8) * Math.ceil(height / 8)),
    Buffer.of(0xff, 0xd9)
  ])
}

/** Filled up with ones to whole bytes. */
function zeroBits (count: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(count / 8))
  if (count % 8 > 0) bytes[bytes.length - 1] = 0xff >> count % 8
  return bytes
}

/** A WebP of one of its three forms. */
export function webp (form: 'VP8 ' | 'VP8L' | 'VP8X', width: number, height: number, { picture = true } = {}): Buffer {
  const chunks = form === 'VP8X' ? [riffChunk('VP8X', extended(width, height)), ...picture ? [riffChunk('VP8L', lossless(width, height))] : []] : [riffChunk(form, form === 'VP8 ' ? lossy(width, height) : lossless(width, height))]
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks])
  const head = Buffer.from('RIFF\0\0\0\0')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body])
}

function pngChunk (type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data])
  const chunk = Buffer.alloc(typed.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  typed.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(typed), typed.length + 4)
  return chunk
}

function riffChunk (type: string, data: Buffer): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`)
  head.writeUInt32LE(data.length, 4)
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)])
}

function lossy (width: number, height: number): Buffer {
  const data = Buffer.alloc(20)
  data.set([0x9d, 0x01, 0x2a], 3)
  data.writeUInt16LE(width, 6)
  data.writeUInt16LE(height, 8)
  return data
}

function lossless (width: number, height: number): Buffer {
  const data = Buffer.alloc(20)
  data[0] = 0x2f
  data.writeUInt32LE((width - 1) | ((height - 1) << 14), 1)
  // No transforms, no cache, and five alphabets of one symbol, which takes no bit: the pixels are all alike.
  data.writeUIntLE(0x088888, 5, 3)
  return data
}

function extended (width: number, height: number): Buffer {
  const data = Buffer.alloc(10)
  data.writeUIntLE(width - 1, 4, 3)
  data.writeUIntLE(height - 1, 7, 3)
  return data
}
