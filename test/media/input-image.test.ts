import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import t from 'tap'
import { ReelayError } from '../../server/errors.ts'
import { readImageHeader } from '../../server/media/image-header.ts'
import { checkImage, checkImageDataUrl, MAX_IMAGE_BYTES } from '../../server/media/input-image.ts'
import { jpeg, png, webp } from '../support/images.ts'

const clipFrame = readFileSync(join(import.meta.dirname, '../../server/sandbox/clip.webp'))
const dataUrl = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`

function damaged (image: Buffer, at: number): Buffer {
  const copy = Buffer.from(image)
  copy[at < 0 ? copy.length + at : at]! ^= 1
  return copy
}

function refusal (work: () => unknown): ReelayError {
  try {
    work()
  } catch (error) {
    if (error instanceof ReelayError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

t.test('PNG, JPEG and WebP are recognised with their dimensions', async t => {
  t.same(readImageHeader(png(320, 200)), { contentType: 'image/png', width: 320, height: 200 })
  t.same(readImageHeader(jpeg(320, 200)), { contentType: 'image/jpeg', width: 320, height: 200 })
  t.same(readImageHeader(webp('VP8 ', 320, 200)), { contentType: 'image/webp', width: 320, height: 200 })
  t.same(readImageHeader(webp('VP8L', 320, 200)), { contentType: 'image/webp', width: 320, height: 200 })
  t.same(readImageHeader(webp('VP8X', 320, 200)), { contentType: 'image/webp', width: 320, height: 200 })
  t.match(readImageHeader(clipFrame), { contentType: 'image/webp', width: 320, height: 180 })
})

t.test('a file cut anywhere is no image, and never an exception', async t => {
  for (const image of [png(8, 8), webp('VP8 ', 8, 8), webp('VP8L', 8, 8), webp('VP8X', 8, 8), jpeg(8, 8)]) {
    for (let length = 0; length < image.length; length++) {
      t.equal(readImageHeader(image.subarray(0, length)), undefined, `${image.length} bytes cut to ${length}`)
    }
  }
})

t.test('hostile bytes are no image, and never an exception', async t => {
  const hostile = {
    html: Buffer.from('<!doctype html><script>alert(1)</script>'),
    svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    gif: Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1'),
    'a signature with HTML behind it': Buffer.concat([png(8, 8).subarray(0, 8), Buffer.from('<script>alert(1)</script>'.repeat(4))]),
    'a PNG without pixels': png(8, 8, { data: false }),
    'a PNG whose header lies': png(8, 8, { brokenCrc: true }),
    'a PNG with a damaged pixel': damaged(png(8, 8), 45),
    'a PNG with a damaged end': damaged(png(8, 8), -1),
    'a PNG chunk longer than the file': Buffer.concat([png(8, 8).subarray(0, 33), Buffer.from('\xff\xff\xff\xffIDAT', 'latin1')]),
    'a JPEG of nothing but fill': Buffer.concat([Buffer.of(0xff, 0xd8), Buffer.alloc(100_000, 0xff)]),
    'a JPEG segment without room for its length': Buffer.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xd9),
    'a JPEG without a frame': Buffer.of(0xff, 0xd8, 0xff, 0xda, 0, 2, 0xff, 0xd9),
    'a WebP without a picture': webp('VP8X', 8, 8, { picture: false }),
    'a RIFF of another kind': Buffer.from('RIFF\x40\0\0\0WAVEfmt '.padEnd(72, '\0'), 'latin1')
  }
  for (const [name, bytes] of Object.entries(hostile)) t.equal(readImageHeader(bytes), undefined, name)
})

t.test('random damage is never an exception', async t => {
  let seed = 1
  const random = (limit: number) => (seed = (seed * 48_271) % 0x7fffffff) % limit
  for (const image of [png(8, 8), jpeg(8, 8), webp('VP8 ', 8, 8), webp('VP8L', 8, 8), webp('VP8X', 8, 8)]) {
    for (let round = 0; round < 2_000; round++) {
      const damaged = Buffer.from(image)
      for (let flips = 0; flips < 4; flips++) damaged[random(damaged.length)] = random(256)
      readImageHeader(damaged)
    }
  }
  t.pass()
})

t.test('an image goes upstream under a name of ours', async t => {
  const bytes = jpeg(8, 8)
  t.same(checkImage(bytes, 'input_reference'), { bytes, contentType: 'image/jpeg', fileName: 'input.jpg' })
})

t.test('what is no image is a 400 that names the field', async t => {
  const error = refusal(() => checkImage(Buffer.from('GIF89a'), 'input_reference'))
  t.equal(error.code, 'REQUEST_INVALID')
  t.equal(error.options.details?.[0]?.field, 'input_reference')
})

t.test('an image of absurd dimensions is refused by its header alone', async t => {
  for (const [width, height] of [[16_385, 1], [1, 65_535], [16_000, 16_000], [0, 5], [2 ** 31, 2 ** 31]] as const) {
    t.equal(refusal(() => checkImage(png(width, height), 'inputReference')).code, 'REQUEST_INVALID', `${width}x${height}`)
  }
  t.ok(checkImage(png(16_384, 6_000), 'inputReference'))
})

t.test('an image larger than 10 MiB is a 413 that names the field', async t => {
  const big = Buffer.concat([png(8, 8), Buffer.alloc(MAX_IMAGE_BYTES)])
  for (const work of [() => checkImage(big, 'inputReference'), () => checkImageDataUrl(dataUrl('image/png', big), 'inputReference')]) {
    const error = refusal(work)
    t.equal(error.code, 'BODY_TOO_LARGE')
    t.equal(error.options.details?.[0]?.field, 'inputReference')
  }
})

t.test('a data URL is decoded when every part of it is true', async t => {
  const bytes = png(8, 8)
  t.same(checkImageDataUrl(dataUrl('image/png', bytes), 'inputReference').bytes, bytes)
  t.same(checkImageDataUrl(dataUrl('IMAGE/PNG', bytes), 'inputReference').bytes, bytes)
})

t.test('a data URL that is not quite one is refused', async t => {
  const bytes = png(8, 8)
  const hostile = [
    'data:,', 'data:image/png;base64,', 'data:image/png,%89PNG',
    dataUrl('image/jpeg', bytes),
    dataUrl('image/svg+xml', Buffer.from('<svg/>')),
    dataUrl('text/html', bytes),
    `${dataUrl('image/png', bytes)}!`,
    dataUrl('image/png', bytes).replace('base64,', 'base64, '),
    `${dataUrl('image/png', bytes)}====`,
    `x${dataUrl('image/png', bytes)}`
  ]
  for (const url of hostile) t.equal(refusal(() => checkImageDataUrl(url, 'inputReference')).code, 'REQUEST_INVALID', url.slice(0, 40))
})

t.test('the images of these tests have true checksums', async t => {
  const image = png(8, 8)
  t.equal(crc32(image.subarray(12, 29)), image.readUInt32BE(29))
  t.ok(image.includes(deflateSync(Buffer.alloc(9 * 8))))
})
