import { mkdirSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { socketUrl } from '../../../server/database/embedded/postmaster.ts'

/** What a LISTEN connection says of itself in its first packet. */
const LISTENS = 'reelay listen'
/** The name under which a PostgreSQL client looks for a socket in a folder, with its usual port. */
const SOCKET = '.s.PGSQL.5432'

interface Line { client: Socket, upstream: Socket, dead: boolean }

/** Stands between the servers and Postgres, and can make their LISTEN connections fall silent while they stay open. */
export class ListenProxy {
  readonly #folder: string
  readonly #server: Server
  readonly #lines = new Set<Line>()

  /** `upstreamFolder` is asked for each connection: Postgres may have moved. */
  static async start (folder: string, upstreamFolder: () => string): Promise<ListenProxy> {
    mkdirSync(folder, { mode: 0o700 })
    const proxy = new ListenProxy(folder, upstreamFolder)
    await new Promise<void>(resolve => proxy.#server.listen(join(folder, SOCKET), resolve))
    return proxy
  }

  private constructor (folder: string, upstreamFolder: () => string) {
    this.#folder = folder
    this.#server = createServer({ allowHalfOpen: true }, client => this.#join(client, connect({ path: join(upstreamFolder(), SOCKET), allowHalfOpen: true })))
  }

  url (database: string): string {
    return socketUrl(this.#folder, database)
  }

  /** LISTEN connections that pass their bytes on. */
  get listening (): number {
    return [...this.#lines].filter(({ dead }) => !dead).length
  }

  /** From now on nothing comes through the LISTEN connections there are, in either direction, and nobody is told. */
  blackHole (): number {
    const alive = [...this.#lines].filter(({ dead }) => !dead)
    for (const line of alive) {
      line.dead = true
      line.client.unpipe().resume()
      line.upstream.unpipe().resume()
    }
    return alive.length
  }

  close (): void {
    this.#server.close()
    for (const { client, upstream } of this.#lines) [client, upstream].forEach(socket => socket.destroy())
  }

  #join (client: Socket, upstream: Socket): void {
    client.pipe(upstream).pipe(client)
    const line = { client, upstream, dead: false }
    client.once('data', first => { if (first.includes(LISTENS)) this.#lines.add(line) })
    for (const socket of [client, upstream]) socket.on('error', () => {})
    upstream.on('close', () => { if (!line.dead) client.destroy() })
    client.on('close', () => {
      this.#lines.delete(line)
      upstream.destroy()
    })
  }
}
