import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'
import { strikeFaults } from './faults.ts'
import type { ProviderType } from './rig.ts'
import type { Violation } from './evidence.ts'
import { runStreamCampaign } from './streams/stream-campaign.ts'
import { strikeStreamFaults } from './streams/stream-faults.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    kills: { type: 'string' },
    provider: { type: 'string' },
    /** For each provider; the kills may then be fewer. */
    minutes: { type: 'string' },
    /** Streams alone, by a crowd of clients, instead of everything else. */
    streams: { type: 'boolean', default: false },
    clients: { type: 'string', default: '300' }
  }
})

const seed = Number(values.seed)
if (values.streams) await disturbStreams(Number(values.kills ?? 100))
else await disturbTasks(Number(values.kills ?? 600))

async function disturbTasks (kills: number): Promise<void> {
  const types = values.provider ? [values.provider as ProviderType] : ['openai', 'sora-relay'] as const
  const share = Math.ceil(kills / types.length)
  for (const type of types) {
    console.log(`${type}: ${share} faults, seed ${seed}`)
    const timeUp = values.minutes === undefined ? undefined : AbortSignal.timeout(Number(values.minutes) * 60_000)
    const startedAt = performance.now()
    const outcome = await runCampaign({ type, seed, strike: (rig, random) => strikeFaults(rig, random, share, timeUp) })
    report({ minutes: Math.round((performance.now() - startedAt) / 6_000) / 10, ...outcome })
  }
}

async function disturbStreams (kills: number): Promise<void> {
  const clients = Number(values.clients)
  console.log(`${clients} clients, ${kills} faults, seed ${seed}`)
  report(await runStreamCampaign({ seed, clients, strike: (stage, random) => strikeStreamFaults(stage, random, kills) }))
}

function report ({ violations, folder, ...numbers }: { violations: Violation[], folder?: string, minutes?: number }): void {
  console.log(numbers)
  for (const { rule, message } of violations) console.log(`BROKEN ${rule}: ${message}`)
  if (folder) console.log(`Evidence: ${folder}`)
  if (violations.length > 0) process.exitCode = 1
}
