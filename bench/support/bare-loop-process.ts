import { Agent, request } from 'undici'
import { externalId } from './names.ts'

/** Nothing but requests, as many at once as the engine makes to one channel: what the wire and the provider can do. */
const { url, jobs } = JSON.parse(process.argv[2]!) as { url: string, jobs: number }
const CONCURRENCY = 64

const agent = new Agent({ connections: CONCURRENCY })
let done = 0
let next = 0
const ask = async (): Promise<never> => {
  while (true) {
    const { body } = await request(`${url}/sora/v1/videos/${externalId(next++ % jobs)}`, { dispatcher: agent, headers: { authorization: 'bench' } })
    await body.json()
    done++
  }
}
for (let i = 0; i < CONCURRENCY; i++) ask()

process.on('message', ({ type }: { type: string }) => {
  if (type === 'stop') process.exit()
  if (type === 'reset') done = 0
  process.send!({ polls: done, rss: process.memoryUsage().rss })
})
process.send!({})
