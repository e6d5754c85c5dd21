import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The least a server can do: the same bytes to every open response. */
const payload = { videoId: 'video_1795479308046_4sacutk', externalTaskId: 'video_7525450e-3ae1-458f-8690-dfa439707a24', clientRequestId: null, type: 'generation', status: 'PROCESSING', stage: 'generating', attempt: 1, progress: 50, videoUrl: null, thumbnailUrl: null, remixedFrom: null, metadata: {}, errorCode: null, error: null }
const responses = new Set<ServerResponse>()

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('data: {"type":"snapshotEnd","truncated":false}\n\n')
  responses.add(response)
})
server.listen(0, '127.0.0.1', () => {
  process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
})

process.on('disconnect', () => process.exit())
process.on('message', async ({ type, frames }: { type: string, frames: number }) => {
  if (type === 'stop') process.exit()
  for (let i = 0; i < frames; i++) {
    const text = `id: 799e4a8e2a-${i}-${i}\ndata: ${JSON.stringify({ type: 'taskUpdate', timestamp: Date.now(), payload })}\n\n`
    for (const response of responses) response.write(text)
    // As events come in: one after the other, not all in one turn of the loop.
    await new Promise(setImmediate)
  }
  process.send!({})
})
