import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { parentPort } from 'node:worker_threads'

/*
 * A thread that listens, says where, says when somebody has connected, and reads only from `read` on. When the connection
 * ends it says how many bytes came.
 */
const server = createServer({ pauseOnConnect: true }, socket => {
  parentPort!.postMessage('connected')
  parentPort!.once('message', () => count(socket))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
parentPort!.postMessage((server.address() as AddressInfo).port)

function count (socket: Socket): void {
  let received = 0
  socket.on('data', chunk => { received += chunk.length })
  socket.on('error', () => {})
  socket.on('close', () => parentPort!.postMessage(received))
  socket.resume()
}
