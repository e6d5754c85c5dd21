import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startApp } from '../support/app.ts'

const { app } = await startApp(t, { DEFAULT_LOCALE: 'zh-CN' })
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo

/** Sends bytes that no HTTP client would, and reads until the server closes. */
async function send (bytes: string) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(bytes)
  const [head, body] = (await text(socket)).split('\r\n\r\n') as [string, string]
  return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) }
}

t.test('what is no HTTP is refused in the envelope', async t => {
  for (const bytes of ['HELLO\r\n\r\n', 'FOO /health HTTP/1.1\r\nhost: x\r\n\r\n', 'GET /api/video/tasks HTTP/1.1\r\nhost: x\r\nBad Header: 1\r\n\r\n']) {
    const { status, head, body } = await send(bytes)
    t.equal(status, 400)
    t.match(head, /content-type: application\/json; charset=utf-8/)
    t.match(head, `x-request-id: ${body.requestId}`)
    t.match(body, { success: false, error: /请求无效/, code: 'REQUEST_INVALID', hint: String, requestTime: 0 })
  }
})

t.test('headers that are too large too, below /v1 in the envelope of OpenAI', async t => {
  const large = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\nx-large: ${'a'.repeat(20_000)}\r\n\r\n`
  const native = await send(large('/api/video/tasks'))
  t.match([native.status, native.body], [431, { success: false, code: 'HEADERS_TOO_LARGE' }])
  const openai = await send(large('/v1/videos'))
  t.match([openai.status, openai.body], [431, { error: { type: 'invalid_request_error', param: null, code: 'headers_too_large' } }])
})
