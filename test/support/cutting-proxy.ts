import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

interface Test { teardown (handler: () => unknown): void }

/** When the client loses its connection: with the first byte of the answer, or as soon as `until` has come to pass after the first byte of the request. */
export type Cut = 'at-answer' | { until: () => Promise<unknown> }

/** Stands between a client and servers, taken in turn. Cuts the connections that it is told to; the servers notice nothing. */
export async function startCuttingProxy (t: Test, origins: readonly string[]) {
  const cuts: Cut[] = []
  let connections = 0
  const proxy = createServer(client => {
    const { hostname, port } = new URL(origins[connections++ % origins.length]!)
    forward(client, connect(Number(port), hostname), cuts.shift())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => { proxy.close() })
  return {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    /** The next connections, one each. */
    cut: (...next: Cut[]) => { cuts.push(...next) },
    connections: () => connections
  }
}

function forward (client: Socket, server: Socket, cut: Cut | undefined): void {
  client.on('error', () => {})
  server.on('error', () => client.destroy())
  client.pipe(server, { end: cut === undefined })
  if (cut === undefined) {
    server.pipe(client)
  } else if (cut === 'at-answer') {
    server.once('data', () => client.destroy())
  } else {
    client.once('data', () => { cut.until().finally(() => client.destroy()) })
  }
  // What the server says to a client that is gone is read, so that it is not held up.
  if (cut !== undefined) server.resume()
  client.on('close', () => { if (cut === undefined) server.destroy() })
}
