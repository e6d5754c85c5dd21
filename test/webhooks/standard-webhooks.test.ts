import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { signedHeaders, verifyDelivery } from '../../server/webhooks/standard-webhooks.ts'

const SECRET = `whsec_${Buffer.alloc(24, 's').toString('base64')}`
const NOW = new Date('2026-05-05T05:05:05Z')
const BODY = '{"type":"video.completed"}'

function deliver (headers: Record<string, string>, { secret = SECRET, body = BODY, now = NOW } = {}) {
  return verifyDelivery(secret, headers, Buffer.from(body), now)
}

/** As the library of Standard Webhooks signs. */
function theirs (secret = SECRET, at = NOW) {
  return { 'webhook-id': 'evt_1', 'webhook-timestamp': String(at.getTime() / 1000), 'webhook-signature': new Webhook(secret).sign('evt_1', at, BODY) }
}

t.test('what the library of Standard Webhooks signs is genuine, and what we sign is genuine to it', async t => {
  t.equal(deliver(theirs()), 'genuine')
  t.equal(deliver(signedHeaders([SECRET], 'evt_1', BODY, NOW)), 'genuine')
  t.same(signedHeaders([SECRET], 'evt_1', BODY, NOW), theirs())
  t.equal(deliver(signedHeaders(['plain words as a secret'], 'evt_1', BODY, NOW), { secret: 'plain words as a secret' }), 'genuine')
})

t.test('W2 one right signature of several is enough', async t => {
  const other = new Webhook(Buffer.alloc(24, 'o').toString('base64')).sign('evt_1', NOW, BODY)
  t.equal(deliver({ ...theirs(), 'webhook-signature': `${other} v1a,abc ${theirs()['webhook-signature']}` }), 'genuine')
  t.equal(deliver({ ...theirs(), 'webhook-signature': other }), 'forged')
})

t.test('whatever is changed or missing makes it forged', async t => {
  const right = theirs()
  t.equal(deliver(right, { body: `${BODY} ` }), 'forged')
  t.equal(deliver(right, { secret: `whsec_${Buffer.alloc(24, 't').toString('base64')}` }), 'forged')
  for (const name of Object.keys(right)) t.equal(deliver({ ...right, [name]: '' }), 'forged', name)
  for (const signature of ['v1,', 'v1', ',', right['webhook-signature'].replace('v1,', 'v1a,'), right['webhook-signature'].slice(3), 'v1,%%%']) {
    t.equal(deliver({ ...right, 'webhook-signature': signature }), 'forged', signature)
  }
  t.equal(deliver({}), 'forged')
})

t.test('W3 five minutes are the most clocks may differ, in both directions', async t => {
  const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)
  for (const seconds of [-300, 0, 300]) t.equal(deliver(theirs(SECRET, at(seconds))), 'genuine', `${seconds} s`)
  for (const seconds of [-301, 301]) t.equal(deliver(theirs(SECRET, at(seconds))), 'stale', `${seconds} s`)
  t.equal(deliver(signedAtNoTime()), 'stale', 'a time that is none')
})

function signedAtNoTime () {
  const never = { getTime: () => NaN } as Date
  return signedHeaders([SECRET], 'evt_1', BODY, never)
}
