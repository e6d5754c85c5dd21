import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { pino } from 'pino'
import t from 'tap'
import type { Db } from '../../server/database/tables.ts'
import { startApp } from '../support/app.ts'
import { until } from '../support/polling.ts'
import { openStream } from '../support/streams.ts'

const UPDATES = '/api/sse/task-updates'
const DROPS: Array<(socket: Socket) => void> = [
  socket => socket.resetAndDestroy(),
  socket => socket.destroy(),
  // Half closed: the client still reads.
  socket => { socket.end() }
]

interface Test { teardown (handler: () => unknown): void }
interface Line { level: number, msg: string }

/** The app on a port of its own, and the log of its server. */
async function startLogged (t: Test) {
  const lines: Line[] = []
  const log = pino({ level: 'info' }, { write (line: string) { lines.push(JSON.parse(line)) } })
  const started = await startApp(t, { SANDBOX_DURATION_MS: '600000' }, { log })
  await started.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = started.app.server.address() as AddressInfo
  return { ...started, lines, ask: (path: string, authorization: string, method = 'GET') => ask(port, path, authorization, method) }
}

/** A client that has asked; what it is answered is read and forgotten. */
async function ask (port: number, path: string, authorization: string, method: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(`${method} ${path} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nauthorization: ${authorization}\r\n\r\n`)
  socket.resume()
  return socket
}

const connections = (app: FastifyInstance) => new Promise<number>(resolve => app.server.getConnections((_error, count) => resolve(count)))

/** Ends the connections to Postgres that wait for a lock, as a Postgres that stops does. */
const breakWaiting = (db: Db) => sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db)

t.test('a stream that breaks after its first frame answers nothing a second time, whether its client is still there or not', async t => {
  const { app, admin, db, lines, ask } = await startLogged(t)
  await db.transaction().execute(async trx => {
    // Only the snapshot reads it: holds each of them behind its first frame.
    await sql`lock table assets in access exclusive mode`.execute(trx)
    const staying = await openStream(t, app, UPDATES, { authorization: admin.authorization })
    for (const drop of DROPS.slice(0, 2)) {
      const socket = await ask(UPDATES, admin.authorization)
      await once(socket, 'data')
      drop(socket)
    }
    await until(async () => await connections(app) === 1, 'the server knows that two are gone')
    await breakWaiting(trx)
    await staying.ended()
    await until(() => app.feed.subscriberCount === 0, 'all three are over')
  })
  t.same(lines.filter(({ msg }) => /already sent|reply\.sent/.test(msg)), [])
  t.equal(lines.filter(({ msg }) => msg === 'a stream broke off').length, 1, 'told of the one who was there to miss it')
})

t.test('clients that drop at any moment leave no line in the log', async t => {
  const { app, admin, lines, ask } = await startLogged(t)
  const { videoId } = await admin.createTask()
  const paths = [UPDATES, `/api/video/tasks/${videoId}/events`, `${UPDATES}?wait=1`, `${UPDATES}?lastEventId=x`, `${UPDATES}?status=DONE`]
  const come = async (turn: number) => {
    const socket = await ask(paths[turn % paths.length]!, turn % 11 === 0 ? 'Bearer none' : admin.authorization, turn % 7 === 0 ? 'HEAD' : 'GET')
    await sleep(Math.random() * 20)
    DROPS[turn % DROPS.length]!(socket)
  }
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 30 }, (_, turn) => come(turn)))
  const last = Array.from({ length: 30 }, (_, turn) => come(turn))
  await app.close()
  await Promise.allSettled(last)
  t.same(lines.filter(({ level }) => level > 30), [])
})
