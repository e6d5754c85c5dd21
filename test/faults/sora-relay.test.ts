import t from 'tap'
import { runCampaign } from './campaign.ts'
import { strikeEveryFault } from './faults.ts'

const SEED = 20_261_124

t.setTimeout(240_000)

t.test('whatever is killed, nothing is lost, and nothing is sent again where the provider cannot be asked', async t => {
  const { violations, tasks, slowestRecoveryMs, folder } = await runCampaign({ type: 'sora-relay', seed: SEED, strike: strikeEveryFault })
  t.same(violations, [], `seed ${SEED}, evidence: ${folder}`)
  // Not for want of anything to do.
  t.ok(tasks > 20, `${tasks} tasks`)
  t.ok(slowestRecoveryMs > 0)
})
