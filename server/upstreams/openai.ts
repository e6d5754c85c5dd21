import { baseUrlOf, callsWith, extraFields, extraParameters, locateResult } from './accounts.ts'
import { checkByCall } from './check.ts'
import { EgressError, type Egress, type EgressRequest } from './egress.ts'
import { offeredModels, submittedModel, type SubmittedModel } from './models.ts'
import { encodeForm, encodeJson, type EncodedBody } from './request-bodies.ts'
import { OPENAI_MODELS, dialectOf } from './openai-dialects.ts'
import { readOpenaiEvent } from './openai-events.ts'
import { listVideos } from './openai-list.ts'
import { pollVideos } from './openai-polls.ts'
import { readAcceptedVideo, readVideoState } from './openai-videos.ts'
import { askForState } from './polling.ts'
import { parseObject, readExternalId, readWord, type JsonObject } from './replies.ts'
import { refuseModel, submit, type Accepted } from './submission.ts'
import type { CancelResult, Capabilities, SubmissionOutcome, SubmissionRequest, Upstream, UpstreamAccount, UpstreamJob } from './upstream.ts'

const RESERVED_FIELDS = new Set(['prompt', 'model', 'size', 'seconds', 'aspect_ratio', 'watermark', 'seed', 'negative_prompt', 'input_reference', 'input_reference[image_url]', 'n', 'video', 'video[id]', 'characters', 'characters[][id]'])
const SIZES: Readonly<Record<string, string>> = { '16:9': '1280x720', '9:16': '720x1280' }

export function openaiCapabilities (models: readonly string[] | null, settings: Readonly<Record<string, unknown>>): Capabilities {
  const { remix, edit, extend, characters, cancel, list, webhook, otherModel } = dialectOf(settings)
  return {
    ...offeredModels(OPENAI_MODELS, models, otherModel),
    derived: { imageInput: true },
    remix,
    edit,
    extend,
    characters,
    cancel,
    list,
    webhook,
    pollMany: list && settings.pollMany !== false,
    progress: true,
    createSafety: list ? 'list' : 'none',
    minPollMs: 500
  }
}

/** OpenAI's Videos API (`/v1/videos`) and the servers and relays that speak it. */
export function createOpenai (account: UpstreamAccount, capabilities: Capabilities, egress: Egress): Upstream {
  const { apiKey } = account
  const baseUrl = baseUrlOf(account)
  const videos = `${baseUrl}/videos`
  const credential = dialectOf(account.settings).authorize(apiKey)
  const headers = { ...credential, accept: 'application/json' }
  const context = { baseUrl, apiKey }
  const jobUrl = (externalTaskId: string) => `${videos}/${encodeURIComponent(externalTaskId)}`
  const callFor = callsWith(credential)

  async function send (url: string, request: SubmissionRequest, signal: AbortSignal, encode: (model: SubmittedModel) => EncodedBody): Promise<SubmissionOutcome> {
    const model = submittedModel(capabilities, request)
    if (!model) return refuseModel(capabilities)
    const { contentType, body } = encode(model)
    // No known dialect dedupes by the key; where one does, so much the better.
    const call = { ...callFor('POST', url, signal), headers: { ...headers, 'content-type': contentType, 'idempotency-key': request.reference }, body }
    return await submit({ egress, call, apiKey, sendBy: request.sendBy, readAccepted: readAcceptedVideo })
  }

  const upstream: Upstream = {
    capabilities,
    create: (request, signal) => send(videos, request, signal, model => createForm(request, model)),
    poll: ({ externalTaskId }, signal) => askForState({
      egress,
      call: callFor('GET', jobUrl(externalTaskId), signal),
      apiKey,
      readState: (body, reply) => readVideoState(body, context, reply.headers)
    }),
    content ({ externalTaskId, result }, variant) {
      const given = variant === 'video' ? result?.videoUrl : result?.thumbnailUrl
      if (given !== undefined) return locateResult(given, baseUrl, credential)
      const query = variant === 'video' ? '' : '?variant=thumbnail'
      return { url: `${jobUrl(externalTaskId)}/content${query}`, headers: credential, policy: { trust: 'channel' } }
    }
  }
  // A page of one job where there is a list: it is what polling will use.
  upstream.check = signal => checkByCall({ egress, call: callFor('GET', capabilities.list ? `${videos}?limit=1` : `${baseUrl}/models`, signal), apiKey })
  if (capabilities.remix) upstream.remix = (source, request, signal) => send(`${jobUrl(source.externalTaskId)}/remix`, request, signal, () => remixForm(request))
  if (capabilities.edit) upstream.edit = (source, request, signal) => send(`${videos}/edits`, request, signal, model => deriveForm(source, { ...request, duration: undefined }, model))
  if (capabilities.extend) upstream.extend = (source, request, signal) => send(`${videos}/extensions`, request, signal, model => deriveForm(source, request, model))
  if (capabilities.characters) {
    upstream.createCharacter = (character, signal) => {
      const { contentType, body } = encodeForm(character)
      return submit({ egress, call: { ...callFor('POST', `${videos}/characters`, signal), headers: { ...headers, 'content-type': contentType }, body }, apiKey, sendBy: undefined, readAccepted: readCharacterId })
    }
  }
  if (capabilities.cancel) upstream.cancel = ({ externalTaskId }, signal) => cancelVideo(egress, callFor('POST', `${jobUrl(externalTaskId)}/cancel`, signal))
  if (capabilities.list) upstream.list = (window, signal) => listVideos({ egress, call: callFor('GET', videos, signal), context, window })
  if (capabilities.pollMany) {
    upstream.pollMany = (jobs, signal, after) => pollVideos({ egress, call: callFor('GET', videos, signal), context, asked: new Set(jobs.map(job => job.externalTaskId)), after })
  }
  if (capabilities.webhook) upstream.readWebhook = delivery => readOpenaiEvent(delivery, account.webhookSecret)
  return upstream
}

/** Multipart with or without an image: vLLM-Omni takes nothing else, everybody takes that. */
function createForm (request: SubmissionRequest, model: SubmittedModel): EncodedBody {
  const { aspectRatio } = request
  const size = request.size ?? (aspectRatio && Object.hasOwn(SIZES, aspectRatio) ? SIZES[aspectRatio] : undefined)
  return encodeForm({
    ...extraFields(request, RESERVED_FIELDS),
    prompt: request.prompt,
    model: model.upstreamModel,
    size,
    aspect_ratio: size === undefined ? aspectRatio : undefined,
    seconds: request.duration?.toString(),
    watermark: request.watermark?.toString(),
    seed: request.seed?.toString(),
    negative_prompt: request.negativePrompt,
    // Not reserved: a field named so in `parameters` always went through.
    ...(request.fps !== undefined && { fps: request.fps.toString() }),
    'characters[][id]': request.characters,
    input_reference: request.image,
    'input_reference[image_url]': request.image ? undefined : request.imageUrl
  })
}

/** The contract knows a prompt and nothing else; an upload makes it multipart. */
function remixForm (request: SubmissionRequest): EncodedBody {
  const { prompt, image } = request
  if (image) return encodeForm({ ...extraFields(request, RESERVED_FIELDS), prompt, input_reference: image })
  return encodeJson({ ...extraParameters(request, RESERVED_FIELDS), prompt })
}

/** What is edited has its model and shape already; an upload has none yet. */
function deriveForm (source: UpstreamJob | undefined, request: SubmissionRequest, model: SubmittedModel): EncodedBody {
  const { prompt, video, duration } = request
  return encodeForm({
    ...extraFields(request, RESERVED_FIELDS),
    prompt,
    seconds: duration?.toString(),
    model: source ? undefined : model.upstreamModel,
    'video[id]': source?.externalTaskId,
    video: source ? undefined : video
  })
}

function readCharacterId ({ id }: JsonObject): Accepted | undefined {
  const externalTaskId = readExternalId(id)
  return externalTaskId === undefined ? undefined : { externalTaskId }
}

async function cancelVideo (egress: Egress, call: EgressRequest): Promise<CancelResult> {
  const { status, body } = await egress.request(call)
  if (status >= 200 && status < 300) return /^cancell?ed$/.test(readWord(parseObject(body)?.status)) ? 'cancelled' : 'requested'
  if (status === 400 || status === 409) return 'tooLate'
  if (status === 404 || status === 405 || status === 501) return 'unsupported'
  throw new EgressError('protocol', `cancelling was answered with HTTP ${status}`, { sent: true })
}
