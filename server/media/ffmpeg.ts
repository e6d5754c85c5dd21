import { execFile } from 'node:child_process'
import { constants, setPriority } from 'node:os'

const TIME_MS = 60_000
const MAX_PICTURE_BYTES = 4 * 1024 * 1024
/** A sheet of 5 × 5 pictures. */
const SHEET = { side: 5, width: 160 } as const

/** Its pictures yield to the server, but not so far (PRIORITY_LOW) that a busy machine never lets one finish. */
const PICTURE_PRIORITY = constants.priority.PRIORITY_BELOW_NORMAL
/** What may be read: the one file, as one of these forms, never an address or a list of other files inside it. */
const INPUT_LIMITS = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm', '-max_pixels', '40000000']

/** Whether this machine has an ffmpeg that can make previews. Asked once, at the start, so it gets the processor and the time of a busy machine. */
export async function hasFfmpeg (): Promise<boolean> {
  const encoders = await run(['-hide_banner', '-encoders'], AbortSignal.timeout(20_000)).catch(() => Buffer.alloc(0))
  return ['libwebp', 'mjpeg'].every(encoder => encoders.includes(` ${encoder} `))
}

/** One picture from near the beginning, as WebP. Throws when the file has none, or it takes too long. */
export function makeThumbnail (path: string, durationMs: number, signal: AbortSignal, timeMs = TIME_MS): Promise<Buffer> {
  const seconds = Math.min(1, durationMs / 2_000)
  return picture(['-ss', String(seconds)], path, "scale='min(640,iw)':-2", ['-c:v', 'libwebp', '-quality', '80'], signal, timeMs)
}

/** 25 pictures, spread over the whole video, in one JPEG: from left to right, then down. */
export function makeSpritesheet (path: string, durationMs: number, signal: AbortSignal): Promise<Buffer> {
  const { side, width } = SHEET
  const rate = side * side * 1000 / Math.max(durationMs, 1)
  return picture([], path, `fps=${rate},scale=${width}:-2,tile=${side}x${side}`, ['-c:v', 'mjpeg', '-q:v', '4'], signal)
}

async function picture (seek: string[], path: string, filter: string, encoder: string[], signal: AbortSignal, timeMs = TIME_MS): Promise<Buffer> {
  const bytes = await run(['-nostdin', '-v', 'error', '-threads', '1', ...INPUT_LIMITS, ...seek, '-i', `file:${path}`, '-map', '0:v:0', '-frames:v', '1', '-vf', filter, ...encoder, '-f', 'image2pipe', 'pipe:1'], signal, timeMs, PICTURE_PRIORITY)
  if (bytes.length === 0) throw new Error('ffmpeg made no picture')
  return bytes
}

/** What it writes. It is killed when it takes too long or writes too much. */
async function run (args: string[], signal: AbortSignal, timeout = TIME_MS, priority?: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const child = execFile('ffmpeg', args, { encoding: 'buffer', timeout, killSignal: 'SIGKILL', maxBuffer: MAX_PICTURE_BYTES, signal, windowsHide: true },
    (error, output) => { error ? reject(error) : resolve(output) })
  if (child.pid !== undefined && priority !== undefined) setPriorityOf(child.pid, priority)
  return await promise
}

function setPriorityOf (pid: number, priority: number): void {
  try {
    setPriority(pid, priority)
  } catch {
    // It has ended already.
  }
}
