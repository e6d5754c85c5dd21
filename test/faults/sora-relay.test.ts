import t from 'tap'
import { runCampaign } from './campaign.ts'
import { reachableFailpoints, strikeEveryFault } from './faults.ts'

const SEED = 20_261_124

t.setTimeout(900_000)

t.test('whatever is killed, nothing is lost, and nothing is sent again where the provider cannot be asked', async t => {
  const { violations, folder, failpointsHit, requests, webhooksReceived, slowestRecoveryMs } = await runCampaign({ type: 'sora-relay', seed: SEED, strike: strikeEveryFault })
  t.same(violations, [], `seed ${SEED}, evidence: ${folder}`)
  // Not for want of anything to do.
  t.same(Object.keys(failpointsHit), reachableFailpoints({ type: 'sora-relay' }).toSorted(), 'a process ended at each failpoint')
  t.ok(requests['create 201']! > 20 && webhooksReceived > 50, JSON.stringify(requests))
  t.ok(requests['probe 503'], 'while Postgres was away')
  t.ok(slowestRecoveryMs > 0)
})
