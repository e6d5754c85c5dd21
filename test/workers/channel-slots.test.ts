import t from 'tap'
import { ChannelSlots } from '../../server/workers/channel-slots.ts'

t.test('a channel takes no more slots than its limit, and hands a free one to whoever waits longest', async t => {
  const slots = new ChannelSlots({ total: 100, waitMs: 1_000 })
  const releases = await Promise.all([slots.take('a', 2), slots.take('a', 2)])
  const order: string[] = []
  const first = slots.take('a', 2).then(release => { order.push('first'); return release })
  const second = slots.take('a', 2).then(release => { order.push('second'); return release })
  t.ok(await slots.take('b', 2), 'another channel has its own')

  releases[0]!()
  t.ok(await first)
  releases[1]!()
  t.ok(await second)
  t.same(order, ['first', 'second'])
})

t.test('whoever would wait too long is sent away at once', async t => {
  const slots = new ChannelSlots({ total: 100, waitMs: 50 })
  await slots.take('a', 1)
  t.equal(await slots.take('a', 1), undefined, 'nothing came free while it waited')
  const asked = performance.now()
  t.equal(await slots.take('a', 1), undefined)
  t.ok(performance.now() - asked < 40, 'the slot has been held for longer than anybody waits')
})

t.test('channels that hang leave slots to the next ones', async t => {
  const slots = new ChannelSlots({ total: 100, waitMs: 1 })
  for (const channel of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const taken = await Promise.all(Array.from({ length: 100 }, () => slots.take(channel, 80)))
    t.ok(taken.filter(Boolean).length >= 4, `${channel} has some`)
    t.ok(taken.filter(Boolean).length <= 80)
  }
})

t.test('those sent away form a line', async t => {
  const slots = new ChannelSlots({ total: 100, waitMs: 1 })
  const turns = Array.from({ length: 5 }, () => slots.turnMs('a', 10, 2))
  for (const [index, turn] of turns.slice(1).entries()) t.ok(Math.abs(turn - turns[index]! - 500) < 20, 'two a second')
  t.ok(Array.from({ length: 1_000 }, () => slots.turnMs('a', 10, 2)).every(turn => turn > 0 && turn <= 60_000), 'none waits for longer than a minute')
})

t.test('close sends everybody away', async t => {
  const slots = new ChannelSlots({ total: 100, waitMs: 60_000 })
  await slots.take('a', 1)
  const waiting = slots.take('a', 1)
  slots.close()
  t.equal(await waiting, undefined)
  t.equal(await slots.take('b', 1), undefined)
})
