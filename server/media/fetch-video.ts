import { ReelayError } from '../errors.ts'
import type { AssetStore, StagedFile } from './asset-store.ts'
import { UnexpectedAnswer, type ContentSource } from './content-source.ts'
import { openWhole } from './open-content.ts'
import { readVideoFile, UnreadableVideo, type VideoFacts } from './video-file.ts'

/** More than any video has: an endless body stops here. */
const MAX_BYTES = 8 * 1024 ** 3
/** Answers that say nothing about the file: come again later. */
const PASSING = new Set([408, 425, 429])

export interface FetchedVideo { file: StagedFile, facts: VideoFacts }

/** Copies a finished video from its upstream and makes sure that it is one. Throws UnreadableVideo when it is not; anything else says nothing about the video. */
export async function fetchVideo (source: ContentSource, store: AssetStore, signal: AbortSignal): Promise<FetchedVideo> {
  await store.checkReachable()
  const { size, body } = await openWhole(source, signal).catch(error => { throw refused(error) ?? error })
  const file = await store.stage(counted(body, size))
  try {
    return { file, facts: await readVideoFile(file.path) }
  } catch (error) {
    await store.discard(file)
    throw error
  }
}

/** Breaking off is the upstream's doing; everything else that can go wrong here is the disk's. */
async function * counted (body: AsyncIterable<Buffer>, expected: number | undefined): AsyncGenerator<Buffer> {
  let size = 0
  const chunks = body[Symbol.asyncIterator]()
  const next = () => chunks.next().catch(error => { throw new UnreadableVideo(`the upstream broke off after ${size} of ${expected ?? 'an unknown number of'} bytes`, { cause: error }) })
  try {
    for (let chunk = await next(); !chunk.done; chunk = await next()) {
      size += chunk.value.length
      if (size > MAX_BYTES) throw new UnreadableVideo('the file does not end')
      yield chunk.value
    }
  } finally {
    await chunks.return?.()
  }
}

/** An error page, or a refusal that will stay one. */
function refused (error: unknown): UnreadableVideo | undefined {
  if (!(error instanceof ReelayError)) return undefined
  if (error.code === 'NO_VIDEO_URL') return new UnreadableVideo('the upstream says nowhere where the video is', { cause: error })
  const { cause } = error
  if (!(cause instanceof UnexpectedAnswer)) return undefined
  return cause.status < 500 && !PASSING.has(cause.status) ? new UnreadableVideo(cause.message, { cause: error }) : undefined
}
