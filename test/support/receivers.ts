import { EventEmitter, once } from 'node:events'
import { createEgress, type Egress, type EgressCall } from '../../server/upstreams/egress.ts'
import { json, startScriptedServer, type Answer, type SeenRequest } from './scripted-server.ts'

interface Test { teardown (handler: () => unknown): void }

/** Far above what a busy machine needs. */
const PATIENCE_MS = 30_000

/** The address under which a receiver of this machine is known to the egress below; to nobody else it exists. */
export function receiverUrl (port: number): string {
  return `https://p${port}.receivers.test/hook`
}

/** The real egress, but for receiver addresses: those lead to the port they name, on loopback. */
export function createReceiverEgress (): Egress {
  const egress = createEgress({ connectTimeoutMs: 500 })
  const redirect = <T extends EgressCall>(call: T): T => {
    const url = URL.parse(call.url)
    const port = /^p(\d+)\.receivers\.test$/.exec(url?.hostname ?? '')?.[1]
    return port ? { ...call, url: `http://127.0.0.1:${port}${url!.pathname}`, policy: { trust: 'channel' } } : call
  }
  return { request: call => egress.request(redirect(call)), stream: call => egress.stream(redirect(call)), close: () => egress.close() }
}

/** Somebody who wants to be told. */
export async function startReceiver (t: Test, answer: Answer = json({})) {
  const seen = new EventEmitter().setMaxListeners(0)
  let current = answer
  const server = await startScriptedServer(t, (response, request) => {
    current(response, request)
    seen.emit('request')
  })
  return {
    url: receiverUrl(server.port),
    requests: server.requests,
    answer (next: Answer) { current = next },
    /** Resolves with the requests as soon as there are so many. */
    async untilTold (count: number, patienceMs = PATIENCE_MS): Promise<SeenRequest[]> {
      const signal = AbortSignal.timeout(patienceMs)
      while (server.requests.length < count) {
        await once(seen, 'request', { signal }).catch(() => { throw new Error(`told ${server.requests.length} times, not ${count}`) })
      }
      return server.requests
    }
  }
}

export function headersOf ({ headers }: SeenRequest): Record<string, string> {
  return headers as Record<string, string>
}

/** Looks until it is so; for what only the database knows. */
export async function until<T> (look: () => Promise<T | undefined | false>, patienceMs = PATIENCE_MS): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`not so after ${patienceMs / 1000} s: ${look}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
