import type { IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { ledgerEntry, parseInstruction } from './control.ts'
import { parseReceiver } from './events.ts'
import type { SandboxContext } from './operations.ts'
import { jsonReply, Refusal, type Reply } from './replies.ts'

/** The endpoints tests and demos steer the sandbox by; `name` is like `GET ledger`. Throws Refusal or BehaviourError. */
export async function controlReply ({ store, control, controlled, gate, events, apiKey }: SandboxContext, name: string, req: IncomingMessage, search: URLSearchParams): Promise<Reply> {
  if (!controlled) throw new Refusal(404, 'not_found', 'The control endpoints are off.')
  if (apiKey !== undefined && req.headers.authorization?.replace(/^Bearer /, '') !== apiKey) throw new Refusal(401, 'invalid_api_key', 'Incorrect API key provided.')
  switch (name) {
    case 'GET ledger': return jsonReply(200, await ledger(store, search))
    case 'GET requests': return jsonReply(200, { operations: control.requests(), ...(search.has('jobs') && { pollsByJob: control.pollsByJob() }) })
    case 'POST behaviours':
      control.behave(parseInstruction(await readJson(req)))
      return jsonReply(200, {})
    case 'DELETE behaviours':
      control.forgetBehaviours()
      return jsonReply(200, {})
    case 'PUT events':
      events.receiver = parseReceiver(await readJson(req))
      return jsonReply(200, {})
    case 'DELETE events':
      events.receiver = undefined
      return jsonReply(200, {})
    case 'POST reset':
      control.reset()
      events.receiver = undefined
      gate.clear()
      await store.clear()
      return jsonReply(200, {})
    default: throw new Refusal(404, 'not_found', `There is no ${name}`)
  }
}

async function ledger (store: SandboxContext['store'], search: URLSearchParams) {
  const prompt = search.get('prompt')
  const jobs = (await store.ledger()).filter(job => prompt === null || job.prompt === prompt)
  return { total: jobs.length, entries: jobs.map(ledgerEntry) }
}

async function readJson (req: IncomingMessage): Promise<unknown> {
  const value = await json(req).catch(() => null)
  if (typeof value !== 'object' || value === null) throw new Refusal(400, 'invalid_json', 'The body is not a JSON object.')
  return value
}
