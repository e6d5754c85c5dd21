import { crc32 } from 'node:zlib'

export interface ImageHeader {
  contentType: 'image/png' | 'image/jpeg' | 'image/webp'
  width: number
  height: number
}

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
/** Markers of a JPEG that stand alone, without a length. */
const isBareMarker = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)
/** SOF0–SOF15 without DHT (C4), JPG (C8) and DAC (CC), which share the range. */
const isFrameMarker = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/**
 * Recognises a whole PNG, JPEG or WebP by its bytes: the skeleton of the file is walked, no pixel is decoded.
 * A damaged or cut file, or anything else, is undefined.
 */
export function readImageHeader (bytes: Buffer): ImageHeader | undefined {
  return readPng(bytes) ?? readJpeg(bytes) ?? readWebp(bytes)
}

function readPng (bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 33 || !bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return
  if (bytes.readUInt32BE(8) !== 13 || tag(bytes, 12) !== 'IHDR') return
  if (!hasPngData(bytes)) return
  return { contentType: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** Whether the chunks follow one another to IEND, none of them damaged, with pixels among them. */
function hasPngData (bytes: Buffer): boolean {
  let data = false
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const sum = at + 8 + bytes.readUInt32BE(at)
    if (sum + 4 > bytes.length || crc32(bytes.subarray(at + 4, sum)) !== bytes.readUInt32BE(sum)) return false
    const type = tag(bytes, at + 4)
    if (type === 'IEND') return data
    data ||= type === 'IDAT'
  }
  return false
}

function readJpeg (bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return
  let frame: ImageHeader | undefined
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1]!
    if (bytes[at] !== 0xff) return
    // Fill bytes may stand before a marker.
    if (marker === 0xff) { at += 1; continue }
    if (isBareMarker(marker)) { at += 2; continue }
    if (isFrameMarker(marker)) frame = readJpegFrame(bytes, at)
    if (marker === 0xda) return endsJpeg(bytes, at) ? frame : undefined
    const length = bytes.readUInt16BE(at + 2)
    if (length < 2) return
    at += 2 + length
  }
}

function readJpegFrame (bytes: Buffer, at: number): ImageHeader | undefined {
  if (at + 10 > bytes.length) return
  return { contentType: 'image/jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
}

/** Whether an end marker follows the scan; cameras write more behind it. */
function endsJpeg (bytes: Buffer, scan: number): boolean {
  return bytes.lastIndexOf(Buffer.of(0xff, 0xd9)) > scan
}

function readWebp (bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 30 || tag(bytes, 0) !== 'RIFF' || tag(bytes, 8) !== 'WEBP') return
  if (bytes.readUInt32LE(4) + 8 > bytes.length || bytes.readUInt32LE(16) + 20 > bytes.length) return
  const size = webpSize(bytes)
  return size && { contentType: 'image/webp', ...size }
}

function webpSize (bytes: Buffer): { width: number, height: number } | undefined {
  const form = tag(bytes, 12)
  if (form === 'VP8X') return hasWebpFrame(bytes) ? { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 } : undefined
  return frameSize(bytes, form, 20)
}

function frameSize (bytes: Buffer, form: string, at: number): { width: number, height: number } | undefined {
  if (form === 'VP8 ' && bytes.readUIntBE(at + 3, 3) === 0x9d012a) return { width: bytes.readUInt16LE(at + 6) & 0x3fff, height: bytes.readUInt16LE(at + 8) & 0x3fff }
  if (form === 'VP8L' && bytes[at] === 0x2f) {
    const packed = bytes.readUInt32LE(at + 1)
    return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 }
  }
}

/** Whether an extended WebP has a picture among its chunks, each within the file. */
function hasWebpFrame (bytes: Buffer): boolean {
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 4)
    if (at + 8 + length > bytes.length) return false
    if (['VP8 ', 'VP8L', 'ANMF'].includes(tag(bytes, at))) return length > 0
    at += 8 + length + (length & 1)
  }
  return false
}

function tag (bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4)
}
