import { refuse } from './submission.ts'
import type { InputFile, PollResult, SubmissionOutcome, SubmissionRequest, Upstream, UpstreamJob } from './upstream.ts'

export function dataUri ({ contentType, bytes }: InputFile): string {
  return `data:${contentType};base64,${bytes.toString('base64')}`
}

/** The image a video begins with, as the provider is to read it. */
export function firstImage ({ firstFrame, image, imageUrl }: SubmissionRequest): string | undefined {
  const file = firstFrame ?? image
  return file ? dataUri(file) : imageUrl
}

/** Whole seconds, or as they were asked for. */
export function secondsFrom (least: number, most: number): number[] {
  return Array.from({ length: most - least + 1 }, (_, index) => least + index)
}

/**
 * Where a provider that knows its own videos by address only finds the one to be changed: an upload goes along, a finished
 * video is asked after, because its last address may have run out. An outcome instead of an address: nothing was sent.
 */
export async function videoAddress (upstream: Pick<Upstream, 'poll'>, source: UpstreamJob | undefined, { video }: SubmissionRequest, signal: AbortSignal): Promise<string | SubmissionOutcome> {
  if (!source) return video ? dataUri(video) : refuse('invalid_input', 'there is no video to change')
  const polled = await ask(upstream, source, signal)
  if (polled.state === 'unavailable') return { outcome: 'unsent', failure: polled.failure }
  const address = polled.state === 'completed' ? polled.result.videoUrl : undefined
  return address ?? refuse('invalid_input', 'the provider does not have the source video any more')
}

/** Given up here, the submission itself was never begun. */
async function ask (upstream: Pick<Upstream, 'poll'>, source: UpstreamJob, signal: AbortSignal): Promise<PollResult> {
  try {
    return await upstream.poll(source, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    return { state: 'unavailable', failure: { class: 'unknown', message: 'there was no time to ask for the source video' } }
  }
}
