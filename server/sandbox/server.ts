import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { BehaviourError, parseBehaviourText, type Behaviour, type Operation } from './behaviour.ts'
import { SandboxControl } from './control.ts'
import { controlReply } from './control-endpoints.ts'
import { EventSender } from './events.ts'
import { FaultGate, isCarriedOut, sendReply } from './faults.ts'
import type { Job } from './job.ts'
import { carryOut, type Exchange, type SandboxContext } from './operations.ts'
import { PROTOCOLS } from './protocols.ts'
import { behaviourOfPrompt } from './prompt-markers.ts'
import { errorReply, jsonReply, Refusal, type ErrorShape, type Reply } from './replies.ts'
import { readRequestBody } from './request-body.ts'
import { matchRoute, type ProviderRoute, type Route } from './routes.ts'
import type { SandboxStore } from './store.ts'

export interface SandboxOptions {
  store: SandboxStore
  /** What a job takes on average. */
  durationMs: number
  host?: string
  /** 0 takes a free one. */
  port?: number
  /** Without it any key is taken, but there must be one. */
  apiKey?: string | undefined
  /** Holds for every job unless something else is said. */
  behaviour?: Behaviour
  /** Opens the endpoints under /control, where tests say how to misbehave and read the ledger. */
  control?: boolean
}

export interface Sandbox {
  /** `http://host:port`: the base URL of a sora-relay channel; the others' end with BASE_PATHS. */
  url: string
  control: SandboxControl
  events: EventSender
  close (): Promise<void>
}

/** The simulated provider: all its protocols on one address. */
export async function startSandbox (options: SandboxOptions): Promise<Sandbox> {
  const { store, durationMs, host = '127.0.0.1', port = 0, apiKey, behaviour = {}, control: controlled = false } = options
  const control = new SandboxControl()
  const events = new EventSender(store)
  const context: SandboxContext = { store, durationMs, defaults: behaviour, apiKey, control, controlled, gate: new FaultGate(), events }

  // An idle connection outlives a client's pool: a poll must not meet a socket that is just being closed.
  const server = createServer({ keepAliveTimeout: 75_000 }, (req, res) => handle(context, req, res))
  server.listen(port, host)
  await once(server, 'listening')

  const { address, port: bound } = server.address() as AddressInfo
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${bound}`,
    control,
    events,
    async close () {
      events.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

async function handle (context: SandboxContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [path, search] = splitUrl(req.url ?? '/')
  const route = matchRoute(req.method ?? '', path)
  try {
    if (!route) throw new Refusal(404, 'not_found', `There is no ${req.method} ${path}`)
    if (route.operation === 'health') return await sendReply(res, jsonReply(200, { status: 'ok' }), undefined, undefined)
    if (route.operation === 'control') return await sendReply(res, await controlReply(context, route.name, req, search), undefined, undefined)
    await exchange(context, route, search, req, res)
  } catch (error) {
    if (res.headersSent || res.destroyed) res.destroy()
    else await sendReply(res, refusalReply(error, context.defaults, errorShapeOf(route)), undefined, undefined)
  }
}

async function exchange (context: SandboxContext, route: ProviderRoute, search: URLSearchParams, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const operation = countedAs(route)
  const shape = errorShapeOf(route)
  context.control.countRequest(operation)
  checkHeaders(route, req.headers, context.apiKey)

  const found = 'id' in route && route.id !== undefined ? await findJob(context.store, route, route.id) : undefined
  const body = operation === 'create' || operation === 'character' ? await readRequestBody(req) : undefined
  const meaning = body && 'dialect' in route ? PROTOCOLS[route.dialect].understand(body, route) : undefined
  const behaviour = chooseBehaviour(context, operation, req, found, meaning?.prompt)
  const job = found && behaviour !== found.behaviour ? { ...found, behaviour } : found
  const it: Exchange = { route, operation, req, search, origin: `http://${req.headers.host}`, job, body, meaning, behaviour }

  const fault = operation === 'create'
    ? context.gate.strike(behaviour.create, `create ${meaning?.prompt}`, undefined)
    : context.gate.strike(behaviour[operation], `${operation} ${found?.id}`, found)
  const reply = isCarriedOut(fault) ? await carryOut(context, it).catch((error: unknown) => refusalReply(error, behaviour, shape)) : undefined
  await sendReply(res, reply, fault, behaviour.errorShape ?? shape)
}

/** Said with a job: kept with it. Said by header or control: for this request. The later wins. */
function chooseBehaviour ({ control, defaults }: SandboxContext, operation: Exchange['operation'], req: IncomingMessage, job: Job | undefined, prompt: string | undefined): Behaviour {
  const base = (operation === 'create' ? undefined : job?.behaviour) ?? defaults
  const ordered = control.take(operation)
  const header = req.headers['x-sandbox-behaviour']
  if (!ordered && !header && prompt === undefined) return base
  const said = typeof header === 'string' ? parseBehaviourText(header) : {}
  return { ...base, ...ordered, ...said, ...behaviourOfPrompt(prompt ?? '') }
}

async function findJob (store: SandboxStore, route: ProviderRoute, id: string): Promise<Job | undefined> {
  const job = await store.find(id)
  if (job?.request.removed) return undefined
  return 'dialect' in route && job?.dialect !== route.dialect ? undefined : job
}

/** A file address is signed. */
function checkHeaders (route: ProviderRoute, headers: IncomingMessage['headers'], apiKey: string | undefined): void {
  if (route.operation === 'file') return
  const { keyOf, requiredHeader } = PROTOCOLS[route.dialect]
  if (requiredHeader && !headers[requiredHeader]) throw new Refusal(400, 'header_missing', `The header ${requiredHeader} is required.`)
  const key = keyOf(headers.authorization ?? '')
  if (!key || (apiKey !== undefined && key !== apiKey)) throw new Refusal(401, 'invalid_api_key', 'Incorrect API key provided.')
}

/** Which kind of request this is to whoever disturbs and counts them. */
function countedAs ({ operation }: ProviderRoute): Operation {
  if (operation === 'file' || operation === 'result') return 'content'
  return operation === 'account' ? 'list' : operation
}

function errorShapeOf (route: Route | undefined): ErrorShape {
  return route && 'dialect' in route ? PROTOCOLS[route.dialect].errorShape : 'openai'
}

function refusalReply (error: unknown, { errorShape: said }: Behaviour, usual: ErrorShape): Reply {
  const errorShape = said ?? usual

  if (error instanceof Refusal) return errorReply(error.status, { code: error.code, message: error.message }, errorShape)
  if (error instanceof BehaviourError) return errorReply(400, { code: 'invalid_behaviour', message: error.message })
  return errorReply(500, { code: 'sandbox_failed', message: `The sandbox itself failed: ${(error as Error).message}`, type: 'server_error' }, errorShape)
}

const NO_SEARCH = new URLSearchParams()

function splitUrl (url: string): [path: string, search: URLSearchParams] {
  const at = url.indexOf('?')
  return at < 0 ? [url, NO_SEARCH] : [url.slice(0, at), new URLSearchParams(url.slice(at + 1))]
}
