import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface SeenRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void

export interface ScriptedServer {
  url: string
  port: number
  /** Every request that came in whole, in order. */
  requests: SeenRequest[]
  /** How many connections were opened. */
  connections: number
  /** What the next requests get. */
  answer: Answer
}

type Teardown = { teardown (close: () => unknown): unknown }

/** An HTTP server on loopback that answers as told. */
export async function startScriptedServer (t: Teardown, answer: Answer = json({})): Promise<ScriptedServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      // The client gave up while sending: a request that never came in whole.
      return
    }
    const seen = { method: request.method!, path: request.url!, headers: request.headers, body: Buffer.concat(chunks) }
    scripted.requests.push(seen)
    scripted.answer(response, seen)
  })
  const port = await listen(t, server, () => { scripted.connections++ })
  const scripted: ScriptedServer = { url: `http://127.0.0.1:${port}`, port, requests: [], connections: 0, answer }
  return scripted
}

/** A TCP server for what no HTTP server does. */
export async function startTcpServer (t: Teardown, onConnection: (socket: Socket) => void): Promise<{ url: string, port: number }> {
  const port = await listen(t, createTcpServer(), socket => onConnection(socket.on('error', () => {})))
  return { url: `http://127.0.0.1:${port}`, port }
}

/** A loopback port on which nobody listens. */
export async function closedPort (): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export function json (body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return text(JSON.stringify(body), status, { 'content-type': 'application/json', ...headers })
}

export function text (body: string, status = 200, headers: Record<string, string> = {}): Answer {
  return response => { response.writeHead(status, headers).end(body) }
}

export function drop (): Answer {
  return response => { response.socket!.resetAndDestroy() }
}

/** The fields and files of a multipart request; a file is `{ name, type, text }`. */
export async function formOf ({ headers, body }: SeenRequest): Promise<Record<string, unknown>> {
  const form = await new Response(Uint8Array.from(body), { headers: { 'content-type': headers['content-type']! } }).formData()
  const entries = [...form].map(async ([name, value]) => [name, typeof value === 'string' ? value : { name: value.name, type: value.type, text: await value.text() }])
  return Object.fromEntries(await Promise.all(entries))
}

async function listen (t: Teardown, server: Server, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
