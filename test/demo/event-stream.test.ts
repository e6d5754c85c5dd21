import t from 'tap'
import { parseMessages, readEvents, type ServerEvent } from '../../server/demo/event-stream.ts'
import { startScriptedServer, text } from '../support/scripted-server.ts'

const STREAM = 'retry: 7\nid: e-1\n\n: heartbeat\n\ndata: {"type":"a"}\nid: e-2\n\ndata: {"type":\ndata: "b"}\n\n'

t.test('a stream reads the same however it is cut and whatever ends its lines', async t => {
  for (const end of ['\n', '\r\n', '\r']) {
    for (const size of [1, 2, 3, 7, 1_000]) {
      const bytes = STREAM.replaceAll('\n', end)
      const chunks = async function * () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
        // A CR is known to be no half of a CRLF when more comes.
        yield ': heartbeat'
      }
      const messages = []
      for await (const { id, retry, data } of parseMessages(chunks())) messages.push([id, retry, data && JSON.parse(data).type])
      t.same(messages, [['e-1', 7, undefined], [undefined, undefined, undefined], ['e-2', undefined, 'a'], [undefined, undefined, 'b']])
    }
  }
})

t.test('a lost connection is made anew after the last id', async t => {
  const server = await startScriptedServer(t, text(STREAM, 200, { 'content-type': 'text/event-stream' }))
  const events: ServerEvent[] = []
  for await (const event of readEvents(new URL(server.url), { authorization: 'Bearer x' }, new AbortController().signal)) {
    events.push(event)
    if (events.length === 3) break
  }
  t.same(events.map(({ type }) => type), ['a', 'b', 'a'])
  t.same(server.requests.map(({ headers }) => [headers.authorization, headers['last-event-id']]), [['Bearer x', undefined], ['Bearer x', 'e-2']])
})

t.test('a stream that is refused is said to be', async t => {
  const server = await startScriptedServer(t, text('no', 401))
  await t.rejects(readEvents(new URL('/s', server.url), {}, new AbortController().signal).next(), { message: 'GET /s answered 401: no' })
})
