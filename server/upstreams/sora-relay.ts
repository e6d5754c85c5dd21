import { baseUrlOf, callsWith, extraFields, locateResult, resultOf } from './accounts.ts'
import { checkByCall } from './check.ts'
import type { Egress } from './egress.ts'
import { readFailure } from './failures.ts'
import { offeredModels, submittedModel, type SubmittedModel } from './models.ts'
import { encodeForm, encodeJson, type EncodedBody } from './request-bodies.ts'
import { askForState } from './polling.ts'
import { hasError, readExternalId, readProgress, readUrl, readWord, type JsonObject } from './replies.ts'
import { ANY_MODEL, SORA_RELAY_MODELS, soraShape } from './sora-relay-models.ts'
import { refuse, refuseModel, submit, type Accepted } from './submission.ts'
import type { Capabilities, PollResult, SubmissionOutcome, SubmissionRequest, Upstream, UpstreamAccount } from './upstream.ts'

const RESERVED_FIELDS = new Set(['prompt', 'model', 'size', 'seconds', 'aspect_ratio', 'watermark', 'input_reference', 'n'])
const WAITING = new Set(['pending', 'queued'])

export function soraRelayCapabilities (models: readonly string[] | null): Capabilities {
  return {
    ...offeredModels(SORA_RELAY_MODELS, models, ANY_MODEL),
    derived: { imageInput: true },
    remix: true,
    edit: false,
    extend: false,
    characters: false,
    cancel: false,
    list: false,
    webhook: false,
    pollMany: false,
    progress: true,
    createSafety: 'none',
    minPollMs: 500
  }
}

/** The relay of the owner's report: OpenAI-like, with a raw key, its own model names and replies that promise little. */
export function createSoraRelay (account: UpstreamAccount, capabilities: Capabilities, egress: Egress): Upstream {
  const { apiKey } = account
  const baseUrl = baseUrlOf(account).replace(/\/sora\/v1$/, '')
  const videos = `${baseUrl}/sora/v1/videos`
  const credential = { authorization: apiKey }
  const callFor = callsWith(credential)
  const jobUrl = (externalTaskId: string) => `${videos}/${encodeURIComponent(externalTaskId)}`

  async function send (url: string, request: SubmissionRequest, signal: AbortSignal, encode: (model: SubmittedModel) => EncodedBody): Promise<SubmissionOutcome> {
    const model = submittedModel(capabilities, request)
    if (!model) return refuseModel(capabilities)
    if (request.imageUrl) return refuse('invalid_input', 'this upstream takes an image as a file only')
    const { contentType, body } = encode(model)
    const call = { ...callsWith({ ...credential, 'content-type': contentType })('POST', url, signal), body }
    return await submit({ egress, call, apiKey, sendBy: request.sendBy, readAccepted: readSoraId })
  }

  return {
    capabilities,
    create: (request, signal) => send(videos, request, signal, model => createForm(request, model)),
    remix: (source, request, signal) => send(`${jobUrl(source.externalTaskId)}/remix`, request, signal, model => remixForm(request, model)),
    poll ({ externalTaskId }, signal) {
      return askForState({ egress, call: callFor('GET', jobUrl(externalTaskId), signal), apiKey, readState: body => soraState(body, { externalTaskId, baseUrl, apiKey }) })
    },
    // It has no list: to be told that there is no such job takes the key, too.
    check (signal) {
      return checkByCall({ egress, call: callFor('GET', jobUrl('reelay-check'), signal), apiKey, fine: [400, 404] })
    },
    content ({ result }, variant) {
      const url = variant === 'video' ? result?.videoUrl : result?.thumbnailUrl
      return url === undefined ? undefined : locateResult(url, baseUrl, credential)
    }
  }
}

function createForm (request: SubmissionRequest, model: SubmittedModel): EncodedBody {
  const { size, aspectRatio, seconds } = soraShape(model, request)
  return encodeForm({
    ...extraFields(request, RESERVED_FIELDS),
    prompt: request.prompt,
    model: model.upstreamModel,
    size,
    seconds: seconds?.toString(),
    aspect_ratio: aspectRatio,
    watermark: request.watermark?.toString(),
    input_reference: request.image
  })
}

function remixForm (request: SubmissionRequest, model: SubmittedModel): EncodedBody {
  const fields = { prompt: request.prompt, model: model.upstreamModel }
  return request.image ? encodeForm({ ...fields, input_reference: request.image }) : encodeJson(fields)
}

function readSoraId (body: JsonObject): Accepted | undefined {
  const externalTaskId = readExternalId(body.id)
  return externalTaskId === undefined ? undefined : { externalTaskId, progress: readProgress(body.progress) }
}

interface PollContext { externalTaskId: string, baseUrl: string, apiKey: string }

/** `error` is a failure whatever the status says; a word nobody knows means that it still runs. */
function soraState (body: JsonObject, { externalTaskId, baseUrl, apiKey }: PollContext): PollResult | undefined {
  if (typeof body.id === 'string' && body.id !== externalTaskId) return undefined
  const status = readWord(body.status)
  if (hasError(body.error)) return soraFailure(body, status, apiKey)
  if (status === 'completed') return { state: 'completed', result: resultOf(readUrl(body.video_url, baseUrl), readUrl(body.image_url, baseUrl)) }
  if (status === 'failed') return soraFailure(body, status, apiKey)
  if (status === 'cancelled') return { state: 'cancelled' }

  const progress = readProgress(body.progress)
  if (status === '' && progress === undefined) return undefined
  return { state: 'running', stage: WAITING.has(status) ? 'waiting' : 'generating', progress }
}

/** An error without a job around it, about the key or the rate, is about the call and not about the job. */
function soraFailure (body: JsonObject, status: string, apiKey: string): PollResult {
  const failure = readFailure(body, { apiKey })
  const aboutTheCall = failure.class === 'auth' || failure.class === 'rate_limit'
  const aboutTheJob = status !== '' || body.id !== undefined
  return { state: aboutTheCall && !aboutTheJob ? 'unavailable' : 'failed', failure }
}
