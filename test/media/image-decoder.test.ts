import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import t, { type Test } from 'tap'
import { ReelayError } from '../../server/errors.ts'
import { DecodingWorker } from '../../server/media/decoding-worker.ts'
import { ImageDecoder, type DecoderOptions } from '../../server/media/image-decoder.ts'
import { checkImage } from '../../server/media/input-image.ts'
import { jpeg, png, webp } from '../support/images.ts'
import { silentLog } from '../support/silent-log.ts'

const lossyWebp = readFileSync(join(import.meta.dirname, '../../server/sandbox/clip.webp'))
/** Takes a decoder a second or more, and few bytes. */
const slowImage = png(8_000, 2_000, { pixels: Buffer.alloc(8_001 * 2_000, 1) })

function decoder (t: Test, options?: DecoderOptions): ImageDecoder {
  const decoder = new ImageDecoder(silentLog, options)
  t.teardown(() => decoder.close())
  return decoder
}

async function refusal (decoder: ImageDecoder, bytes: Buffer): Promise<ReelayError> {
  const error = await decoder.check(checkImage(bytes, 'firstFrame'), 'firstFrame').then(() => undefined, error => error)
  if (error instanceof ReelayError) return error
  throw new Error('it was not refused', { cause: error })
}

/** Every thread that is started from now on. */
function watchThreads (t: Test): Worker[] {
  const threads: Worker[] = []
  const add = (worker: Worker) => { threads.push(worker) }
  process.on('worker', add)
  t.teardown(() => process.off('worker', add))
  return threads
}

t.test('sound images are decoded, side by side, by threads that end when there is nothing to do', async t => {
  const images = decoder(t, { idleMs: 200 })
  t.equal(images.threads, 0, 'none before the first image')
  const sound = [png(720, 1280), jpeg(720, 1280), jpeg(9, 17), webp('VP8L', 64, 64), webp('VP8X', 64, 64), lossyWebp]
  await Promise.all(sound.map(bytes => images.check(checkImage(bytes, 'x'), 'x')))
  t.ok(images.threads > 0 && images.threads <= 2)
  while (images.threads > 0) await wait(20)
  await images.check(checkImage(png(8, 8), 'x'), 'x')
})

t.test('images whose frame is whole but whose pixels are not are refused with the field', async t => {
  const images = decoder(t)
  const cutScan = Buffer.concat([jpeg(720, 1280).subarray(0, -1_000), Buffer.of(0xff, 0xd9)])
  const cutWebp = Buffer.from(lossyWebp)
  cutWebp.fill(0, 300)
  const damaged = {
    'a JPEG whose scan is cut': cutScan,
    'a PNG that lacks lines': png(64, 64, { pixels: Buffer.alloc(65 * 20) }),
    'a PNG with lines of no known filter': png(64, 64, { pixels: Buffer.alloc(65 * 64, 9) }),
    'a WebP of zeros': cutWebp
  }
  for (const [name, bytes] of Object.entries(damaged)) {
    const error = await refusal(images, bytes)
    t.equal(error.code, 'REQUEST_INVALID', name)
    t.match(error.options.details, [{ field: 'firstFrame', message: /damaged/ }], name)
  }
  t.equal(images.threads, 1, 'the thread goes on after them')
})

t.test('a bomb is refused by its header, before a thread is started', async t => {
  const images = decoder(t)
  t.throws(() => checkImage(png(16_000, 16_000), 'firstFrame'), { code: 'REQUEST_INVALID' })
  t.equal(images.threads, 0)
})

t.test('an image that takes too long is refused, and its thread replaced', async t => {
  const images = decoder(t, { decodeMs: 1 })
  const error = await refusal(images, slowImage)
  t.match(error.options.details, [{ field: 'firstFrame', message: /too long/ }])
  t.equal(images.threads, 0)
})

t.test('an image that takes more memory than a thread may have is refused, and its thread replaced', async t => {
  const images = decoder(t, { decodeMs: 60_000 })
  // Sixteen bits of four colours, interlaced: it must be held whole, in 800 MB.
  const interlaced = png(10_000, 10_000)
  interlaced.set([16, 6, 0, 0, 1], 24)
  interlaced.writeUInt32BE(crc32(interlaced.subarray(12, 29)), 29)
  t.match((await refusal(images, interlaced)).options.details, [{ field: 'firstFrame', message: /too much memory/ }])
  t.equal(images.threads, 0)
  await images.check(checkImage(png(8, 8), 'x'), 'x')
})

t.test('more images than may wait are told to come again', async t => {
  const images = decoder(t)
  const outcomes = await Promise.allSettled(Array.from({ length: 80 }, () => images.check(checkImage(png(8, 8), 'x'), 'x')))
  const refused = outcomes.filter(outcome => outcome.status === 'rejected')
  t.equal(refused.length, 80 - 2 - 64)
  t.match(refused[0]!.reason, { code: 'RATE_LIMITED', options: { retryAfterSeconds: 1 } })
})

t.test('a thread that dies is replaced, and the image in its hands is decoded after all', async t => {
  const started: DecodingWorker[] = []
  const images = decoder(t, { start: async signal => started[started.push(await DecodingWorker.start(signal)) - 1]! })
  await images.check(checkImage(png(8, 8), 'x'), 'x')
  const checked = images.check(checkImage(slowImage, 'x'), 'x')
  await setImmediate()
  await started[0]!.end()
  await checked
  t.equal(started.length, 2)
})

t.test('a thread that fails while it has nothing to do, or with an image in hand, is replaced', async t => {
  const threads = watchThreads(t)
  const images = decoder(t)
  const picture = checkImage(png(8, 8), 'x')
  await images.check(picture, 'x')
  const failed = new Promise(resolve => threads[0]!.once('exit', resolve))
  // Nothing that the thread understands.
  threads[0]!.postMessage(null)
  await failed
  await images.check(picture, 'x')
  const checked = images.check(checkImage(slowImage, 'x'), 'x')
  threads[1]!.postMessage(null)
  await checked
  t.equal(threads.length, 3)
})

t.test('a decoder that closes refuses what it has, what waits and what comes, and leaves no thread', async t => {
  const threads = watchThreads(t)
  const images = decoder(t)
  const check = (bytes: Buffer) => images.check(checkImage(bytes, 'x'), 'x')
  await check(png(8, 8))
  // One in the hands of the first thread, one for which a second is being started, and some that wait.
  const given = [slowImage, slowImage, slowImage, png(8, 8)].map(check)
  const outcomes = Promise.allSettled(given)
  await setImmediate()
  const closed = images.close()
  await t.rejects(check(png(8, 8)), { code: 'SERVER_STOPPING' }, 'while it closes')
  await closed
  t.match(await outcomes, given.map(() => ({ status: 'rejected', reason: { code: 'SERVER_STOPPING' } })))
  t.equal(threads.length, 2)
  t.ok(threads.every(({ threadId }) => threadId === -1), 'each has ended')
  t.equal(images.threads, 0)
  await t.rejects(check(png(8, 8)), { code: 'SERVER_STOPPING' }, 'afterwards')
  t.equal(threads.length, 2)
})

t.test('an image that ends every thread is refused', async t => {
  const mortal = async (signal: AbortSignal) => {
    const thread = await DecodingWorker.start(signal)
    const decode = thread.decode.bind(thread)
    return Object.assign(thread, { decode: (...args: Parameters<typeof decode>) => { setTimeout(() => thread.end()); return decode(...args) } })
  }
  const images = decoder(t, { start: mortal })
  t.match((await refusal(images, slowImage)).options.details, [{ field: 'firstFrame', message: /could not be decoded/ }])
  t.equal(images.threads, 0)
})
