import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'
import { strikeFaults } from './faults.ts'
import type { ProviderType } from './rig.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    kills: { type: 'string', default: '600' },
    provider: { type: 'string' }
  }
})

const seed = Number(values.seed)
const kills = Number(values.kills)
const types = values.provider ? [values.provider as ProviderType] : ['openai', 'sora-relay'] as const
const share = Math.ceil(kills / types.length)

for (const type of types) {
  console.log(`${type}: ${share} faults, seed ${seed}`)
  const { violations, folder, ...numbers } = await runCampaign({ type, seed, strike: (rig, random) => strikeFaults(rig, random, share) })
  console.log(numbers)
  for (const { rule, message } of violations) console.log(`BROKEN ${rule}: ${message}`)
  if (folder) console.log(`Evidence: ${folder}`)
  if (violations.length > 0) process.exitCode = 1
}
