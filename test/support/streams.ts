import type { FastifyInstance } from 'fastify'
import { parseMessages } from '../../server/demo/event-stream.ts'

interface Test { teardown (handler: () => unknown): void }

/** What a stream sent, parsed. */
export interface Received { id?: string, data?: any }

export interface TestStream {
  status: number
  headers: Headers
  /** The next message that satisfies; those before it are dropped. */
  until: (matches: (message: Received) => boolean) => Promise<Received>
  /** All messages up to and including the first that satisfies. */
  collect: (matches: (message: Received) => boolean) => Promise<Received[]>
  /** Resolves when the server ends it. */
  ended: () => Promise<void>
  drop: () => void
}

/** Opens a stream over a real connection; the app listens from then on. */
export async function openStream (t: Test, app: FastifyInstance, path: string, headers: Record<string, string> = {}): Promise<TestStream> {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  const connection = new AbortController()
  t.teardown(() => connection.abort())
  const response = await fetch(`http://127.0.0.1:${address.port}${path}`, { headers: { accept: 'text/event-stream', ...headers }, signal: AbortSignal.any([connection.signal, AbortSignal.timeout(600_000)]) })
  const messages = parseMessages(response.body!.pipeThrough(new TextDecoderStream()))

  const next = async (): Promise<Received | undefined> => {
    const { value, done } = await messages.next()
    return done ? undefined : { id: value.id, data: value.data === undefined ? undefined : JSON.parse(value.data) }
  }
  const collect = async (matches: (message: Received) => boolean): Promise<Received[]> => {
    const collected: Received[] = []
    for (let message = await next(); message; message = await next()) {
      collected.push(message)
      if (matches(message)) return collected
    }
    throw new Error(`The stream ended after ${JSON.stringify(collected)}`)
  }
  return {
    status: response.status,
    headers: response.headers,
    collect,
    until: async matches => (await collect(matches)).at(-1)!,
    ended: async () => { while (await next()); },
    drop: () => connection.abort()
  }
}

export const isSnapshotEnd = ({ data }: Received) => data?.type === 'snapshotEnd'

export const isStatus = (status: string) => ({ data, id }: Received) => id !== undefined && data?.payload?.status === status
