import { baseUrlOf, callsWith, extraParameters, locateResult, resultOf } from './accounts.ts'
import { checkByCall } from './check.ts'
import { EgressError, type Egress } from './egress.ts'
import { readFailure } from './failures.ts'
import { offeredModels, submittedModel } from './models.ts'
import { askForState } from './polling.ts'
import { videoAddress } from './references.ts'
import { readExternalId, readProgress, readUrl, readWord, type JsonObject } from './replies.ts'
import { encodeJson } from './request-bodies.ts'
import { ANY_RUNWAY_MODEL, RUNWAY_CAPABILITIES } from './runway-models.ts'
import { changeOf, creationOf, RESERVED_FIELDS, type RunwayRequest } from './runway-requests.ts'
import { refuse, refuseModel, submit } from './submission.ts'
import type { CancelResult, Capabilities, FailureClass, PollResult, SubmissionOutcome, SubmissionRequest, Upstream, UpstreamAccount, UpstreamJob } from './upstream.ts'

/** The version of the API that this adapter was written for. Runway refuses requests without one. */
const VERSION = '2024-11-06'

export function runwayCapabilities (models: readonly string[] | null): Capabilities {
  return {
    ...offeredModels(RUNWAY_CAPABILITIES, models, ANY_RUNWAY_MODEL),
    derived: { imageInput: false, seed: true, audio: true },
    remix: true,
    edit: true,
    extend: false,
    characters: false,
    cancel: true,
    list: false,
    webhook: false,
    pollMany: false,
    progress: true,
    createSafety: 'none',
    // Its documentation asks for no more than one poll in five seconds.
    minPollMs: 5_000
  }
}

/** Runway's API: an endpoint for what a video is made from, tasks with true progress, results whose addresses a poll renews. */
export function createRunway (account: UpstreamAccount, capabilities: Capabilities, egress: Egress): Upstream {
  const { apiKey } = account
  const baseUrl = baseUrlOf(account).replace(/\/v1$/, '')
  const credential = { authorization: `Bearer ${apiKey}` }
  const taskUrl = (externalTaskId: string) => `${baseUrl}/v1/tasks/${encodeURIComponent(externalTaskId)}`
  const callFor = callsWith({ ...credential, 'x-runway-version': VERSION })

  async function send (request: SubmissionRequest, signal: AbortSignal, write: (name: string) => RunwayRequest | string): Promise<SubmissionOutcome> {
    const model = submittedModel(capabilities, request)
    if (!model) return refuseModel(capabilities)
    const written = write(model.upstreamModel)
    if (typeof written === 'string') return refuse('invalid_input', written)

    const { contentType, body } = encodeJson({ ...extraParameters(request, RESERVED_FIELDS), ...written.body })
    const call = callFor('POST', `${baseUrl}/v1/${written.endpoint}`, signal)
    return await submit({ egress, call: { ...call, headers: { ...call.headers, 'content-type': contentType }, body }, apiKey, sendBy: request.sendBy, classOf: classOfRunway, readAccepted: readTask })
  }

  const poll = ({ externalTaskId }: UpstreamJob, signal: AbortSignal) => askForState({
    egress,
    call: callFor('GET', taskUrl(externalTaskId), signal),
    apiKey,
    classOf: classOfRunway,
    readState: body => readState(body, { externalTaskId, baseUrl, apiKey })
  })

  async function change (source: UpstreamJob | undefined, request: SubmissionRequest, signal: AbortSignal): Promise<SubmissionOutcome> {
    const video = await videoAddress({ poll }, source, request, signal)
    return typeof video === 'string' ? await send(request, signal, name => changeOf(name, request, video)) : video
  }

  /** DELETE cancels what runs and deletes what is finished: so it is asked first. */
  async function cancel (job: UpstreamJob, signal: AbortSignal): Promise<CancelResult> {
    const { state } = await poll(job, signal)
    if (state === 'cancelled') return 'cancelled'
    if (state !== 'running' && state !== 'unavailable') return 'tooLate'
    if (state === 'unavailable') throw new EgressError('protocol', 'the task could not be asked after before cancelling it', { sent: false })
    const { status } = await egress.request(callFor('DELETE', taskUrl(job.externalTaskId), signal))
    if (status >= 200 && status < 300) return 'cancelled'
    if (status === 404) return 'tooLate'
    throw new EgressError('protocol', `cancelling was answered with HTTP ${status}`, { sent: true })
  }

  return {
    capabilities,
    create: (request, signal) => send(request, signal, name => creationOf(name, request)),
    remix: change,
    edit: change,
    poll,
    cancel,
    check: signal => checkByCall({ egress, call: callFor('GET', `${baseUrl}/v1/organization`, signal), apiKey }),
    content: ({ result }, variant) => variant === 'video' && result?.videoUrl !== undefined ? locateResult(result.videoUrl, baseUrl, credential) : undefined
  }
}

function readTask ({ id }: JsonObject) {
  const externalTaskId = readExternalId(id)
  return externalTaskId === undefined ? undefined : { externalTaskId }
}

interface PollContext { externalTaskId: string, baseUrl: string, apiKey: string }

/** A word nobody knows means that it still runs. */
function readState (body: JsonObject, { externalTaskId, baseUrl, apiKey }: PollContext): PollResult | undefined {
  if (typeof body.id === 'string' && body.id !== externalTaskId) return undefined
  const status = readWord(body.status)
  switch (status) {
    case '': return undefined
    // THROTTLED is above the account's concurrency: it waits, and is no error.
    case 'pending':
    case 'throttled': return { state: 'running', stage: 'waiting' }
    case 'succeeded': return { state: 'completed', result: resultOf(readUrl(Array.isArray(body.output) ? body.output[0] : body.output, baseUrl), undefined) }
    case 'failed': return { state: 'failed', failure: readFailure({ message: body.failure, code: body.failureCode }, { apiKey, classOf: classOfRunway }) }
    case 'cancelled': return { state: 'cancelled' }
    default: return { state: 'running', stage: 'generating', progress: readShare(body.progress) }
  }
}

/** 0 to 1, as no other provider says it. */
function readShare (progress: unknown): number | undefined {
  return typeof progress === 'number' ? readProgress(progress * 100) : undefined
}

function classOfRunway (code: string, message: string): FailureClass | undefined {
  if (/(^|\.)SAFETY(\.|$)/.test(code)) return 'moderation'
  if (code.startsWith('ASSET.') || code.startsWith('INPUT_PREPROCESSING.')) return 'invalid_input'
  if (code.startsWith('INTERNAL') || code.startsWith('THIRD_PARTY')) return 'unavailable'
  return /enough credits/i.test(message) ? 'quota' : undefined
}
