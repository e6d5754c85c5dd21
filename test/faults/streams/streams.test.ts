import t from 'tap'
import { runStreamCampaign } from './stream-campaign.ts'
import { strikeEveryStreamFault } from './stream-faults.ts'

const SEED = 20_261_124

t.setTimeout(300_000)

t.test('whatever is cut off, killed or falls silent, every client of a stream hears every change once, in order', async t => {
  const { violations, connections, changes, heard, resets, folder } = await runStreamCampaign({ seed: SEED, clients: 60, strike: strikeEveryStreamFault })
  t.same(violations, [], `seed ${SEED}, evidence: ${folder}`)
  // Not for want of anything to hear.
  t.ok(connections > 200, `${connections} connections`)
  t.ok(changes > 100 && heard > 1_000, `${changes} changes, heard ${heard} times`)
  t.ok(resets < connections / 20, `${resets} resets, for made-up cursors only`)
})
