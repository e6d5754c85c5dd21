import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import pg from 'pg'

interface Test { teardown (handler: () => unknown): void }

/**
 * Stands between a server and its Postgres, until it falls silent: connections stay open, new ones are taken, and nothing comes through.
 * `swallowNext` lets a single connection fall silent, at the statement that begins so.
 */
export async function startSilencingProxy (t: Test, databaseUrl: string) {
  const { host, port } = new pg.Client({ connectionString: databaseUrl })
  const sockets = new Set<Socket>()
  let silent = false
  let swallowed: { statement: string, done: () => void } | undefined

  const proxy = createServer(client => {
    keep(client)
    if (silent) return client.resume()
    const postgres = keep(host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host))
    client.on('data', sent => {
      if (!swallowed || !sent.includes(swallowed.statement)) return
      for (const socket of [client, postgres]) socket.unpipe().resume()
      swallowed.done()
      swallowed = undefined
    })
    client.pipe(postgres).pipe(client)
    postgres.on('close', () => client.destroy())
    client.on('close', () => postgres.destroy())
  })
  function keep (socket: Socket): Socket {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    return socket
  }

  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    proxy.close()
    for (const socket of sockets) socket.destroy()
  })
  const url = new URL(databaseUrl)
  url.searchParams.delete('host')
  url.searchParams.delete('port')
  url.hostname = '127.0.0.1'
  url.port = String((proxy.address() as AddressInfo).port)
  return {
    url: url.href,
    swallowNext: (statement: string) => new Promise<void>(resolve => { swallowed = { statement, done: resolve } }),
    silence: () => {
      silent = true
      for (const socket of sockets) socket.unpipe().resume()
    }
  }
}
