import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fastifySSE from '@fastify/sse'
import Fastify from 'fastify'
import t from 'tap'
import { createSink } from '../../plugins/sse-sink.ts'
import type { Sink } from '../../server/events/task-stream.ts'

interface Test { teardown (handler: () => unknown): void }

/** A stream of nothing but the sink, and its client's socket. */
async function openSink (t: Test, drainMs?: number): Promise<{ sink: Sink, client: Socket, gone: Promise<void> }> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifySSE.default)
  const opened = Promise.withResolvers<Sink>()
  const gone = Promise.withResolvers<void>()
  app.get('/', { sse: 'manual' }, async (_request, reply) => {
    opened.resolve(createSink(reply, gone.resolve, drainMs))
    await gone.promise
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => client.destroy())
  client.on('error', () => {})
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  return { sink: await opened.promise, client, gone: gone.promise }
}

/** Writes until the socket takes no more. */
async function fill (sink: Sink): Promise<{ waiting: Promise<void> }> {
  while (true) {
    const write = sink.write({ data: { type: 'snapshotEnd', truncated: false, filler: 'x'.repeat(1_000_000) } as never })
    if (await Promise.race([write.then(() => false), setTimeout(500, true)])) return { waiting: write }
  }
}

/** Well before a write would be given up. */
async function soon (happens: Promise<unknown>): Promise<void> {
  const late = setTimeout(20_000, undefined, { ref: false }).then(() => { throw new Error('too late') })
  await Promise.race([happens, late])
}

t.test('a line break in an id ends neither the line nor the message', async t => {
  const { sink, client } = await openSink(t)
  await sink.write({ id: 'a\r\nevent: forged\n\ndata: forged\0', data: { type: 'reset' } })
  let text = ''
  while (!text.includes('"reset"')) text += String(await once(client, 'data'))
  t.match(text, 'id: aevent: forgeddata: forged\ndata: {"type":"reset"}\n\n')
})

t.test('a write that waits for a client who leaves ends, and those after it do nothing', async t => {
  const { sink, client, gone } = await openSink(t)
  client.pause()
  const { waiting } = await fill(sink)
  client.resetAndDestroy()
  await soon(Promise.all([waiting, gone]))
  await sink.write({ data: { type: 'reset' } })
  sink.close()
})

t.test('a client that takes nothing for long is cut off', async t => {
  const { sink, client, gone } = await openSink(t, 1_000)
  client.pause()
  const { waiting } = await fill(sink)
  await Promise.all([waiting, gone])
  t.pass('the write ended and the connection is gone')
})

t.test('a closed stream is not kept for a client that does not take the rest', async t => {
  const { sink, client, gone } = await openSink(t)
  client.pause()
  const { waiting } = await fill(sink)
  sink.close()
  await soon(Promise.all([waiting, gone]))
  t.pass('it ended')
})

t.test('a stream that is open for long keeps nothing of what it has sent', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { sink, client } = await openSink(t)
  client.resume()
  const heapAfter = async (frames: number): Promise<number> => {
    for (let i = 0; i < frames; i++) await sink.write({ data: { type: 'reset' } })
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await heapAfter(2_000)
  const keptBytes = (await heapAfter(50_000) - before) / 50_000
  t.ok(keptBytes < 200, `${keptBytes.toFixed(0)} bytes a frame`)
})
