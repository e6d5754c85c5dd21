import { existsSync } from 'node:fs'
import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import t, { type Test } from 'tap'
import { hasFfmpeg, makeSpritesheet, makeThumbnail } from '../../server/media/ffmpeg.ts'
import { readImageHeader } from '../../server/media/image-header.ts'
import { until } from '../support/polling.ts'

const CLIP = join(import.meta.dirname, '../../server/sandbox/clip.mp4')
const skip = await hasFfmpeg() ? false : 'ffmpeg is not installed here: what it may read was NOT checked'
const never = () => new AbortController().signal
const unixOnly = process.platform === 'win32' ? 'the stand-in for ffmpeg is a shell script' : false

t.test('pictures of a video, whatever its file is called', { skip }, async t => {
  const path = join(t.testdir(), '0123abcd')
  await copyFile(CLIP, path)
  t.match(readImageHeader(await makeThumbnail(path, 3_000, never())), { contentType: 'image/webp', width: 320 })
  t.match(readImageHeader(await makeSpritesheet(path, 3_000, never())), { contentType: 'image/jpeg', width: 800 })
})

t.test('a file that names other files or addresses makes ffmpeg read none of them', { skip }, async t => {
  const { address, requests } = await startServer(t)
  const folder = t.testdir()
  const { hostile, harmless } = files(address)
  for (const [name, text] of Object.entries({ ...hostile, ...harmless })) {
    // Also under the name of a video: ffmpeg goes by the content.
    for (const path of [join(folder, name), join(folder, `${name}.mp4`)]) {
      await writeFile(path, text)
      await t.rejects(makeThumbnail(path, 3_000, never()), { code: /^[1-9]\d*$/ }, name)
      await t.rejects(makeSpritesheet(path, 3_000, never()), { code: /^[1-9]\d*$/ }, name)
    }
  }
  t.equal(requests(), 0, 'nothing was fetched')
})

t.test('no other form is read, however well ffmpeg could', { skip }, async t => {
  const picture = join(t.testdir(), 'picture.mp4')
  await writeFile(picture, await makeSpritesheet(CLIP, 3_000, never()))
  await t.rejects(makeThumbnail(picture, 0, never()))
})

t.test('one that writes without end, or does not come to an end, is killed', { skip: unixOnly }, async t => {
  const folder = t.testdir()
  const pidFile = join(folder, 'pid')
  await standIn(t, folder, `echo $$ > '${pidFile}'\nexec cat /dev/zero`)
  await t.rejects(makeThumbnail(CLIP, 3_000, never()), { code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' })
  await isGone(pidFile)

  await standIn(t, folder, `echo $$ > '${pidFile}.2'\nexec sleep 600`)
  const aborting = new AbortController()
  const made = makeThumbnail(CLIP, 3_000, aborting.signal)
  await until(async () => existsSync(`${pidFile}.2`) && (await readFile(`${pidFile}.2`, 'utf8')).endsWith('\n'), 'its start')
  aborting.abort()
  await t.rejects(made, { name: 'AbortError' })
  await isGone(`${pidFile}.2`)
})

t.test('a time limit ends it without anybody asking', { skip: unixOnly }, async t => {
  const folder = t.testdir()
  const pidFile = join(folder, 'pid')
  await standIn(t, folder, `echo $$ > '${pidFile}'\nexec sleep 600`)
  t.match(await makeThumbnail(CLIP, 3_000, never(), 300).catch((error: unknown) => error), { killed: true, signal: 'SIGKILL' })
  await isGone(pidFile)
})

t.test('one that makes nothing, or fails, has made no picture', { skip: unixOnly }, async t => {
  const folder = t.testdir()
  await standIn(t, folder, 'exit 0')
  await t.rejects(makeThumbnail(CLIP, 3_000, never()), { message: /no picture/ })
  t.notOk(await hasFfmpeg(), 'and one without the encoders is none')
  await standIn(t, folder, 'echo half; exit 1')
  await t.rejects(makeSpritesheet(CLIP, 3_000, never()))
})

function files (address: string) {
  return {
    hostile: {
      hls: `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://${CLIP}\n#EXT-X-ENDLIST\n`,
      'hls-away': `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n${address}/clip.mp4\n#EXT-X-ENDLIST\n`,
      concat: `ffconcat version 1.0\nfile '${CLIP}'\n`,
      dash: `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT3S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000" width="320" height="180"><BaseURL>${address}/clip.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`,
      sdp: `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${new URL(address).port} RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
      svg: `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9"><image xlink:href="${address}/a.png" width="9" height="9"/></svg>`
    },
    harmless: {
      y4m: 'YUV4MPEG2 W2 H2 F1:1 C420jpeg\nFRAME\nabcdef',
      pgm: 'P5 2 2 255\nabcd',
      empty: ''
    }
  }
}

/** A server whose every connection is noticed. */
async function startServer (t: Test) {
  let count = 0
  const clip = await readFile(CLIP)
  const server = createServer((_request, response) => { response.end(clip) }).on('connection', () => { count++ })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => count }
}

/** Puts a program that is called ffmpeg before all others. */
async function standIn (t: Test, folder: string, script: string): Promise<void> {
  const path = join(folder, 'ffmpeg')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  const { PATH } = process.env
  process.env.PATH = `${folder}${delimiter}${PATH}`
  t.teardown(() => { process.env.PATH = PATH })
}

async function isGone (pidFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8'))
  await until(async () => { try { process.kill(pid, 0); return false } catch { return true } }, 'its end')
}
