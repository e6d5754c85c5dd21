import t from 'tap'
import { preferChannel } from '../../server/channels/rank-channels.ts'
import type { UsableChannel } from '../../server/channels/standing.ts'

const ANSWERING = { pauseMs: () => 0 }

function offer (id: string, { settings = {}, ...more }: Partial<UsableChannel> = {}) {
  const channel = { id, priority: 0, weight: 1, in_hand: null, paused_ms: 0, refused: false, settings, ...more } as UsableChannel
  return { channel }
}

/** How a hundred draws, spread evenly, are shared out. */
function share (offers: Array<{ channel: UsableChannel }>, pauses = ANSWERING): Record<string, number> {
  const drawn = Array.from({ length: 100 }, (_, at) => preferChannel(offers, pauses, (at + 0.5) / 100).offer.channel.id)
  return Object.fromEntries(Object.entries(Object.groupBy(drawn, id => id)).map(([id, ids]) => [id, ids!.length]))
}

t.test('the highest priority comes first; equals share by weight', async t => {
  t.same(share([offer('a'), offer('b', { priority: 1 })]), { b: 100 })
  t.same(share([offer('a', { weight: 3 }), offer('b')]), { a: 75, b: 25 })
  t.equal(preferChannel([offer('a'), offer('b', { priority: 1 })], ANSWERING).why.reason, 'priority')
  t.equal(preferChannel([offer('a'), offer('b')], ANSWERING).why.reason, 'weight')
  t.equal(preferChannel([offer('a')], ANSWERING).why.reason, 'only')
})

t.test('the weight counts as far as there is room; no limit counts full', async t => {
  const half = offer('half', { settings: { concurrency: 4 }, in_hand: 2 })
  t.same(share([half, offer('free')]), { half: 33, free: 67 })
  t.same(share([offer('full', { settings: { concurrency: 4 }, in_hand: 4 }), half]), { half: 100 })
})

t.test('what cannot take a task at once comes after what can, whatever its priority, and the reason says so', async t => {
  const away = { pauseMs: (id: string) => id === 'away' ? 5_000 : 0 }
  const offers = [offer('full', { priority: 9, settings: { concurrency: 1 }, in_hand: 1 }), offer('limited', { priority: 8, paused_ms: 10 }), offer('refused', { priority: 7, refused: true }), offer('away', { priority: 6 }), offer('last')]
  t.same(preferChannel(offers, away).why, { channelId: 'last', reason: 'priority', passedOver: { full: 'full', limited: 'rateLimited', refused: 'refused', away: 'notAnswering' } })
})

t.test('where all would have it wait, priority and weight decide', async t => {
  const full = { settings: { concurrency: 1 }, in_hand: 1 }
  t.same(share([offer('a', { ...full, weight: 4 }), offer('b', full)]), { a: 80, b: 20 })
  t.same(preferChannel([offer('a', full), offer('b', { ...full, priority: 1 })], ANSWERING).why, { channelId: 'b', reason: 'priority', waits: 'full' })
})
