import t from 'tap'
import { contentUrlKey, signContentUrl, verifyContentSignature } from '../../server/media/signed-urls.ts'

const key = contentUrlKey(Buffer.alloc(32, 7))
const videoId = 'video_1766487895000_abc1234'
const now = new Date('2026-01-01T00:00:00Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)

function parse (url: string) {
  const { searchParams } = new URL(url, 'http://localhost')
  return { expires: searchParams.get('expires')!, signature: searchParams.get('signature')! }
}

t.test('a signed URL opens its content for 24 hours', async t => {
  const signed = parse(signContentUrl({ key, videoId, now }))
  t.ok(verifyContentSignature({ key, videoId, variant: 'video', now, ...signed }))
  t.ok(verifyContentSignature({ key, videoId, variant: 'video', now: later(86_399), ...signed }))
  t.notOk(verifyContentSignature({ key, videoId, variant: 'video', now: later(86_400), ...signed }))
})

t.test('it opens no other task, no other variant, and nothing elsewhere', async t => {
  const signed = parse(signContentUrl({ key, videoId, now }))
  t.notOk(verifyContentSignature({ key, videoId: 'video_1766487895000_abc1235', variant: 'video', now, ...signed }))
  t.notOk(verifyContentSignature({ key, videoId, variant: 'thumbnail', now, ...signed }))
  t.notOk(verifyContentSignature({ key: contentUrlKey(Buffer.alloc(32, 8)), videoId, variant: 'video', now, ...signed }))
})

t.test('nothing in it can be changed', async t => {
  const { expires, signature } = parse(signContentUrl({ key, videoId, now }))
  const forged = [
    { expires: String(Number(expires) + 1), signature },
    { expires: `0${expires}`, signature },
    { expires: '9'.repeat(30), signature },
    { expires: `${expires}.0`, signature },
    { expires, signature: signature.slice(0, -1) },
    { expires, signature: `${signature}=` },
    { expires, signature: '' },
    { expires, signature: signature.replace(/.$/, last => last === 'A' ? 'B' : 'A') },
    { expires, signature: 'é'.repeat(43) }
  ]
  for (const query of forged) t.notOk(verifyContentSignature({ key, videoId, variant: 'video', now, ...query }), JSON.stringify(query))
})

t.test('it is absolute only below a public URL', async t => {
  const path = signContentUrl({ key, videoId, now })
  t.match(path, /^\/api\/video\/tasks\/video_1766487895000_abc1234\/content\?expires=1767312000&signature=[\w-]{43}$/)
  t.equal(signContentUrl({ key, videoId, now, publicUrl: 'https://reelay.example/base/' }), `https://reelay.example/base${path}`)
})

t.test('a thumbnail has a signed URL of its own', async t => {
  const url = signContentUrl({ key, videoId, variant: 'thumbnail', now })
  t.match(url, /\?variant=thumbnail&/)
  t.ok(verifyContentSignature({ key, videoId, variant: 'thumbnail', now, ...parse(url) }))
})
