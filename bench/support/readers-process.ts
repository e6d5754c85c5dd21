import { connect } from 'node:net'
import { createHistogram } from 'node:perf_hooks'

export interface ReadersReport { frames: number, seconds: number, p50: number, p99: number }

/** So many clients in one process: they count frames and note how old they are. */
const ages = createHistogram()
let frames = 0
let firstAt = 0
let lastAt = 0

interface OpenMessage { type: 'open', url: string, tokens: string[], streams: number }

process.on('message', async (message: OpenMessage | { type: 'stop' | 'reset' | 'report' }) => {
  if (message.type === 'stop') process.exit()
  if (message.type === 'open') {
    await openAll(message)
    process.send!({})
  } else if (message.type === 'reset') {
    frames = firstAt = lastAt = 0
    ages.reset()
    process.send!({})
  } else {
    process.send!({ frames, seconds: (lastAt - firstAt) / 1000, p50: ages.percentile(50), p99: ages.percentile(99) } satisfies ReadersReport)
  }
})
process.on('disconnect', () => process.exit())
process.send!({})

async function openAll ({ url, tokens, streams }: OpenMessage): Promise<void> {
  for (let i = 0; i < streams; i += 100) {
    await Promise.all(Array.from({ length: Math.min(100, streams - i) }, (_, j) => open(new URL(url), tokens[(i + j) % tokens.length]!)))
  }
}

/** Resolves when the stream is live. */
function open ({ hostname, port, pathname }: URL, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\naccept: text/event-stream\r\nauthorization: Bearer ${token}\r\n\r\n`)
    })
    socket.setEncoding('latin1')
    let rest = ''
    socket.on('data', (text: string) => {
      const whole = (rest + text).lastIndexOf('\n\n') + 2
      const messages = (rest + text).slice(0, whole)
      rest = (rest + text).slice(whole)
      if (messages.includes('snapshotEnd')) resolve()
      count(messages)
    })
    socket.on('error', reject)
  })
}

function count (text: string): void {
  const now = Date.now()
  for (const match of text.matchAll(/id: .*?\ndata: \{"type":"taskUpdate","timestamp":(\d+)/g)) {
    frames++
    firstAt ||= performance.now()
    lastAt = performance.now()
    ages.record(Math.max(1, now - Number(match[1])))
  }
}
