import type { IncomingMessage } from 'node:http'
import { arkList } from './ark.ts'
import type { Behaviour, Operation } from './behaviour.ts'
import type { SandboxControl } from './control.ts'
import { characterReply } from './characters.ts'
import type { EventSender } from './events.ts'
import type { FaultGate } from './faults.ts'
import type { Job } from './job.ts'
import { viewJob } from './job-view.ts'
import { openaiContent, openaiDeletion, openaiList, parseListQuery } from './openai.ts'
import { isOver, stateOf } from './progress.ts'
import type { Meaning } from './protocol.ts'
import { PROTOCOLS } from './protocols.ts'
import { jsonReply, Refusal, type Reply } from './replies.ts'
import type { RequestBody } from './request-body.ts'
import type { ProviderRoute } from './routes.ts'
import type { SandboxStore } from './store.ts'
import { submit } from './submission.ts'
import { checkFileUrl, fileReply } from './video-files.ts'

export interface SandboxContext {
  store: SandboxStore
  durationMs: number
  /** What holds for every job unless something else is said. */
  defaults: Behaviour
  apiKey: string | undefined
  control: SandboxControl
  /** Whether the control endpoints answer. */
  controlled: boolean
  gate: FaultGate
  events: EventSender
}

export interface Exchange {
  route: ProviderRoute
  operation: Operation
  req: IncomingMessage
  search: URLSearchParams
  origin: string
  /** The job the path names; for a submission the video it starts from. */
  job: Job | undefined
  body: RequestBody | undefined
  /** Of a submission. */
  meaning: Meaning | undefined
  behaviour: Behaviour
}

/** Does what the request asks. Throws Refusal. */
export async function carryOut (context: SandboxContext, exchange: Exchange): Promise<Reply> {
  const { route, job, req, search } = exchange
  switch (route.operation) {
    case 'create': return create(context, exchange)
    case 'list': return route.dialect === 'ark' ? listOfArk(context, exchange) : list(context, exchange)
    case 'account': return jsonReply(200, PROTOCOLS[route.dialect].account!)
    case 'poll': return PROTOCOLS[route.dialect].poll(viewJob(existing(job), context.control.countPoll(route.id), exchange.origin))
    case 'result': return PROTOCOLS[route.dialect].result!(viewJob(existing(job), 0, exchange.origin))
    case 'content': return openaiContent(viewJob(existing(job), 0, exchange.origin), search, req.headers)
    case 'character': return characterReply(exchange.body!)
    case 'cancel': return cancel(context, exchange)
    case 'delete': return remove(context, exchange)
    case 'file':
      checkFileUrl(job, search)
      return fileReply(job, route.kind, req.headers)
  }
}

async function create (context: SandboxContext, exchange: Exchange): Promise<Reply> {
  const { route, body, meaning, behaviour, origin, req: { headers } } = exchange
  if (route.operation !== 'create') throw new TypeError('Not a submission')
  const request = { dialect: route.dialect, kind: route.kind, sourceId: route.id, body: body!, meaning: meaning!, headers }
  if (behaviour.multipartOnly && body!.encoding !== 'multipart') throw new Refusal(415, 'unsupported_media_type', 'Send multipart/form-data.')
  const job = await submit(context.store, request, behaviour, context.durationMs)
  context.events.watch(job)
  return jsonReply(behaviour.createStatus ?? 200, PROTOCOLS[route.dialect].receipt(viewJob(job, 0, origin)))
}

async function list ({ store }: SandboxContext, { search, origin, behaviour }: Exchange): Promise<Reply> {
  const query = parseListQuery(search)
  if (query.after !== undefined && !await store.find(query.after)) throw new Refusal(400, 'invalid_after', 'after names no video')
  const jobs = await store.list({ ...query, limit: query.limit + 1 })
  const views = jobs.slice(0, query.limit).map(job => viewJob(job, 0, origin))
  return jsonReply(200, openaiList(views, query.limit > 0 && jobs.length > query.limit, behaviour))
}

async function listOfArk ({ store }: SandboxContext, { search, origin }: Exchange): Promise<Reply> {
  const jobs = (await store.ledger()).filter(({ dialect, request }) => dialect === 'ark' && !request.removed)
  return jsonReply(200, arkList(jobs.toReversed().map(job => viewJob(job, 0, origin)), search))
}

async function cancel ({ store }: SandboxContext, exchange: Exchange): Promise<Reply> {
  const job = existing(exchange.job)
  const { cancel } = PROTOCOLS[job.dialect]
  if (cancel) return await cancel(store, job, stateOf(job, Date.now()).phase)
  if (job.behaviour.cancellable === false) throw new Refusal(404, 'not_found', 'There is no such operation.')
  if (isOver(stateOf(job, Date.now()).phase)) throw new Refusal(409, 'video_not_cancellable', 'The video is not running any more.')
  const at = job.cancelled_at ?? new Date(Date.now() + (job.behaviour.cancelAfterMs ?? 0))
  await store.cancel(job.id, at)
  return PROTOCOLS[job.dialect].poll(viewJob({ ...job, cancelled_at: at }, 0, exchange.origin))
}

async function remove ({ store }: SandboxContext, exchange: Exchange): Promise<Reply> {
  const job = existing(exchange.job)
  if (!isOver(stateOf(job, Date.now()).phase)) throw new Refusal(409, 'video_not_deletable', 'The video is still running.')
  await store.remove(job.id)
  return jsonReply(200, openaiDeletion(job))
}

function existing (job: Job | undefined): Job {
  if (!job) throw new Refusal(404, 'not_found', 'The video does not exist.')
  return job
}
