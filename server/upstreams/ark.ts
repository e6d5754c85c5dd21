import { baseUrlOf, callsWith, extraParameters, locateResult } from './accounts.ts'
import { listArkTasks, pollArkTasks } from './ark-list.ts'
import { ANY_ARK_MODEL, ARK_MODELS, ARK_RATIOS, VOLCENGINE_MODELS } from './ark-models.ts'
import { classOfArk, readArkState } from './ark-replies.ts'
import { checkByCall } from './check.ts'
import { EgressError, type Egress } from './egress.ts'
import { modelFor, offeredModels, submittedModel } from './models.ts'
import { askForState } from './polling.ts'
import { dataUri, firstImage, videoAddress } from './references.ts'
import { readExternalId, type JsonObject } from './replies.ts'
import { encodeJson } from './request-bodies.ts'
import { shapeOf } from './shapes.ts'
import { refuse, refuseModel, submit } from './submission.ts'
import type { CancelResult, Capabilities, PollResult, SubmissionOutcome, SubmissionRequest, Upstream, UpstreamAccount, UpstreamJob } from './upstream.ts'

const RESERVED_FIELDS = new Set(['model', 'content', 'ratio', 'duration', 'seed', 'watermark', 'generate_audio', 'camera_fixed', 'return_last_frame', 'callback_url'])

export function arkCapabilities (models: readonly string[] | null): Capabilities {
  // Without a list the names of one region are offered: the other's would be refused there.
  const known = models && models.length > 0 ? { ...ARK_MODELS, ...VOLCENGINE_MODELS } : ARK_MODELS
  return {
    ...offeredModels(known, models, ANY_ARK_MODEL),
    derived: { imageInput: false, seed: true, watermark: true, audio: true },
    remix: true,
    edit: true,
    extend: false,
    characters: false,
    cancel: true,
    list: true,
    webhook: false,
    pollMany: true,
    progress: false,
    createSafety: 'list',
    minPollMs: 1_000
  }
}

/** Seedance on Ark (BytePlus ModelArk, Volcengine): one endpoint for everything, whose `content` says what the video is made from. */
export function createArk (account: UpstreamAccount, capabilities: Capabilities, egress: Egress): Upstream {
  const { apiKey } = account
  const baseUrl = baseUrlOf(account)
  const tasks = `${baseUrl}/contents/generations/tasks`
  const context = { baseUrl, apiKey }
  const credential = { authorization: `Bearer ${apiKey}` }
  const taskUrl = (externalTaskId: string) => `${tasks}/${encodeURIComponent(externalTaskId)}`
  const callFor = callsWith(credential)

  async function send (request: SubmissionRequest, signal: AbortSignal, content: JsonObject[], shape: JsonObject): Promise<SubmissionOutcome> {
    const model = submittedModel(capabilities, request)
    if (!model) return refuseModel(capabilities)
    const { contentType, body } = encodeJson({
      // Of use as a thumbnail; some models have none.
      return_last_frame: true,
      ...extraParameters(request, RESERVED_FIELDS),
      ...shape,
      model: model.upstreamModel,
      content: [{ type: 'text', text: request.prompt }, ...content],
      ...optionsOf(request)
    })
    const call = callFor('POST', tasks, signal)
    return await submit({ egress, call: { ...call, headers: { ...call.headers, 'content-type': contentType }, body }, apiKey, sendBy: request.sendBy, classOf: classOfArk, readAccepted: readTask })
  }

  const poll = ({ externalTaskId }: UpstreamJob, signal: AbortSignal) => askForState({
    egress,
    call: callFor('GET', taskUrl(externalTaskId), signal),
    apiKey,
    classOf: classOfArk,
    readState: body => typeof body.id === 'string' && body.id !== externalTaskId ? undefined : readArkState(body, context)
  })

  async function change (source: UpstreamJob | undefined, request: SubmissionRequest, signal: AbortSignal): Promise<SubmissionOutcome> {
    const known = modelFor(capabilities, request.model)
    if (known?.derivations?.length === 0) return refuse('invalid_input', 'this model makes no videos from others')
    if (!source) return refuse('invalid_input', 'this provider takes a video by its address only, and no upload')
    const video = await videoAddress({ poll }, source, request, signal)
    if (typeof video !== 'string') return video
    return await send(request, signal, [{ type: 'video_url', video_url: { url: video }, role: 'reference_video' }], shapeFields(request))
  }

  async function cancel (job: UpstreamJob, signal: AbortSignal): Promise<CancelResult> {
    const early = beforeCancel(await poll(job, signal))
    if (early) return early
    const { status } = await egress.request(callFor('DELETE', taskUrl(job.externalTaskId), signal))
    if (status >= 200 && status < 300) return 'cancelled'
    // It began to run meanwhile.
    if (status === 400 || status === 404 || status === 409) return 'tooLate'
    throw new EgressError('protocol', `cancelling was answered with HTTP ${status}`, { sent: true })
  }

  return {
    capabilities,
    create: (request, signal) => send(request, signal, imagesOf(request), shapeFields(request)),
    remix: change,
    edit: change,
    poll,
    cancel,
    check: signal => checkByCall({ egress, call: callFor('GET', `${tasks}?page_num=1&page_size=1`, signal), apiKey }),
    list: (window, signal) => listArkTasks({ egress, call: callFor('GET', tasks, signal), context, window }),
    pollMany: (jobs, signal) => pollArkTasks({ egress, call: callFor('GET', tasks, signal), context, asked: jobs.map(job => job.externalTaskId) }),
    content ({ result }, variant) {
      const url = variant === 'video' ? result?.videoUrl : result?.thumbnailUrl
      return url === undefined ? undefined : locateResult(url, baseUrl, credential)
    }
  }
}

function readTask ({ id }: JsonObject) {
  const externalTaskId = readExternalId(id)
  return externalTaskId === undefined ? undefined : { externalTaskId }
}

/** DELETE cancels what waits, is refused for what runs, and removes the record of what is over: so it is asked first. */
function beforeCancel (polled: PollResult): CancelResult | undefined {
  switch (polled.state) {
    case 'cancelled': return 'cancelled'
    case 'running': return polled.stage === 'waiting' ? undefined : 'tooLate'
    case 'unavailable': throw new EgressError('protocol', 'the task could not be asked after before cancelling it', { sent: false })
    default: return 'tooLate'
  }
}

function imagesOf (request: SubmissionRequest): JsonObject[] {
  const first = firstImage(request)
  const image = (url: string, role: string) => ({ type: 'image_url', image_url: { url }, role })
  return [
    ...first === undefined ? [] : [image(first, 'first_frame')],
    ...request.lastFrame ? [image(dataUri(request.lastFrame), 'last_frame')] : [],
    ...(request.referenceImages ?? []).map(file => image(dataUri(file), 'reference_image'))
  ]
}

function shapeFields ({ size, aspectRatio, duration }: SubmissionRequest): JsonObject {
  const { aspectRatio: ratio, resolution } = shapeOf({ size, aspectRatio }, ARK_RATIOS)
  return { ratio, duration, ...(resolution !== undefined && { resolution }) }
}

function optionsOf ({ seed, watermark, audio, cameraMotion }: SubmissionRequest): JsonObject {
  return { seed, watermark, generate_audio: audio, ...(cameraMotion === 'fixed' && { camera_fixed: true }) }
}
