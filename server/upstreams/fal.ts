import { baseUrlOf, callsWith, extraParameters, locateResult } from './accounts.ts'
import { checkByCall } from './check.ts'
import { EgressError, type Egress } from './egress.ts'
import { ANY_ENDPOINT, FAL_CAPABILITIES, FAL_MODELS, falEndpoint, falShape } from './fal-models.ts'
import { classOfFal, readFalJob, readFalResult, readFalStatus, requestUrls, type FalHandle } from './fal-replies.ts'
import { offeredModels, submittedModel } from './models.ts'
import { askForState } from './polling.ts'
import { dataUri, firstImage, videoAddress } from './references.ts'
import { parseObject } from './replies.ts'
import { encodeJson } from './request-bodies.ts'
import { refuse, refuseModel, submit } from './submission.ts'
import type { CancelResult, Capabilities, Derivation, PollResult, SubmissionOutcome, SubmissionRequest, Upstream, UpstreamAccount, UpstreamJob } from './upstream.ts'

const RESERVED_FIELDS = new Set(['prompt', 'image_url', 'start_image_url', 'end_image_url', 'first_frame_url', 'last_frame_url', 'image_urls', 'video_url', 'aspect_ratio', 'duration', 'seed', 'negative_prompt', 'generate_audio', 'fps'])
/** A finished job takes two calls, and both have to fit into the lease of one poll. */
const TIMEOUTS = { headers: 9_000, idle: 9_000, total: 10_000 }

export function falCapabilities (models: readonly string[] | null): Capabilities {
  return {
    ...offeredModels(FAL_CAPABILITIES, models, ANY_ENDPOINT),
    derived: { imageInput: false },
    remix: true,
    edit: true,
    extend: true,
    characters: false,
    cancel: true,
    list: false,
    webhook: false,
    pollMany: false,
    progress: false,
    createSafety: 'none',
    minPollMs: 1_000
  }
}

/** The queue of fal.ai: an endpoint for each use of a model, three addresses for each request. */
export function createFal (account: UpstreamAccount, capabilities: Capabilities, egress: Egress): Upstream {
  const { apiKey } = account
  const baseUrl = baseUrlOf(account)
  const credential = { authorization: `Key ${apiKey}` }
  const callFor = callsWith(credential)

  async function send (request: SubmissionRequest, signal: AbortSignal, derivation?: Derivation, videoUrl?: string): Promise<SubmissionOutcome> {
    const model = submittedModel(capabilities, request)
    if (!model) return refuseModel(capabilities)
    const name = model.upstreamModel
    const endpoint = falEndpoint(name, request, derivation)
    if (!endpoint || !isPath(endpoint)) return refuse('invalid_input', 'the model has no endpoint for this')

    const { contentType, body } = encodeJson(falInput(name, request, derivation, videoUrl))
    const call = { ...callFor('POST', `${baseUrl}/${endpoint}`, signal), body }
    return await submit({ egress, call: { ...call, headers: { ...call.headers, 'content-type': contentType } }, apiKey, sendBy: request.sendBy, classOf: classOfFal, readAccepted: reply => readFalJob(reply, baseUrl, endpoint) })
  }

  async function poll ({ externalTaskId, handle }: UpstreamJob, signal: AbortSignal): Promise<PollResult> {
    const urls = requestUrls(handle, baseUrl)
    if (!urls) return { state: 'unavailable', failure: { class: 'unknown', message: 'the addresses of the request were not kept' } }
    const ask = (url: string, readState: Parameters<typeof askForState>[0]['readState']) =>
      askForState({ egress, call: { ...callFor('GET', url, signal), timeouts: TIMEOUTS }, apiKey, classOf: classOfFal, readState })
    const state = await ask(urls.statusUrl, body => readFalStatus(body, externalTaskId))
    // COMPLETED says that it is over; how it ended only the response says.
    return state.state === 'completed' ? await askForResult(urls, signal) : state
  }

  async function askForResult ({ responseUrl }: FalHandle, signal: AbortSignal): Promise<PollResult> {
    try {
      const reply = await egress.request({ ...callFor('GET', responseUrl, signal), timeouts: TIMEOUTS })
      return readFalResult(reply, { baseUrl, apiKey })
    } catch (error) {
      if (!(error instanceof EgressError) || signal.aborted) throw error
      return { state: 'unavailable', failure: { class: 'unavailable', message: 'the result could not be fetched' } }
    }
  }

  const derive = (derivation: Derivation) => async (source: UpstreamJob | undefined, request: SubmissionRequest, signal: AbortSignal) => {
    const video = await videoAddress({ poll }, source, request, signal)
    return typeof video === 'string' ? await send(request, signal, derivation, video) : video
  }

  return {
    capabilities,
    create: (request, signal) => send(request, signal),
    remix: derive('remix'),
    edit: derive('edit'),
    extend: derive('extend'),
    poll,
    // It has no list: to be told that there is no such request takes the key, too.
    check: signal => checkByCall({ egress, call: callFor('GET', `${baseUrl}/fal-ai/veo3.1/requests/00000000-0000-0000-0000-000000000000/status`, signal), apiKey, fine: [400, 404, 422] }),
    content: ({ result }, variant) => variant === 'video' && result?.videoUrl !== undefined ? locateResult(result.videoUrl, baseUrl, credential) : undefined,
    async cancel ({ handle }, signal) {
      const urls = requestUrls(handle, baseUrl)
      if (!urls) return 'unsupported'
      return cancelResult(await egress.request(callFor('PUT', urls.cancelUrl, signal)))
    }
  }
}

/** The fields that nearly all of fal's inputs share; a model that has none of a name leaves it alone. */
function falInput (name: string, request: SubmissionRequest, derivation: Derivation | undefined, videoUrl: string | undefined): Record<string, unknown> {
  const { prompt, seed, negativePrompt, audio, fps } = request
  return {
    ...extraParameters(request, RESERVED_FIELDS),
    prompt,
    ...falShape(name, request, derivation),
    ...(derivation ? { video_url: videoUrl } : falImages(name, request)),
    seed,
    negative_prompt: negativePrompt,
    generate_audio: audio,
    fps: fps?.toString()
  }
}

function falImages (name: string, request: SubmissionRequest): Record<string, unknown> {
  const { lastFrame, referenceImages } = request
  const { endpoints, imageField = 'image_url' } = Object.hasOwn(FAL_MODELS, name) ? FAL_MODELS[name]! : {}
  const last = lastFrame && dataUri(lastFrame)
  const images = referenceImages?.length ? { image_urls: referenceImages.map(dataUri) } : {}
  // An endpoint of its own for both frames has names of its own for them.
  if (last && endpoints?.frames) return { ...images, first_frame_url: firstImage(request), last_frame_url: last }
  return { ...images, [imageField]: firstImage(request), end_image_url: last }
}

/** A model's name becomes part of the address the key is sent to. */
function isPath (endpoint: string): boolean {
  return endpoint.split('/').every(part => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part))
}

/** A request that runs is only asked to stop: polls tell whether it did. */
function cancelResult ({ status, body }: { status: number, body: Buffer }): CancelResult {
  if (status >= 200 && status < 300) return 'requested'
  const said = String(parseObject(body)?.status)
  if (status === 404 || (status === 400 && said === 'ALREADY_COMPLETED')) return 'tooLate'
  throw new EgressError('protocol', `cancelling was answered with HTTP ${status}`, { sent: true })
}
