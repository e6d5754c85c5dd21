import { randomBytes } from 'node:crypto'
import t from 'tap'
import { open, seal } from '../../server/channels/sealed.ts'

const key = randomBytes(32)
const place = ['channel_credentials', 'sealed', 'row-1']

t.test('what was sealed opens again, and never looks the same twice', async t => {
  const sealed = seal(key, 'sk-secret-密钥', place)
  t.equal(open(key, sealed, place), 'sk-secret-密钥')
  t.notOk(sealed.includes('sk-secret'))
  t.notOk(sealed.equals(seal(key, 'sk-secret-密钥', place)))
})

t.test('it opens in no other place, under no other key, and not when a bit was changed', async t => {
  const sealed = seal(key, 'sk-secret', place)
  t.throws(() => open(key, sealed, ['channel_credentials', 'sealed', 'row-2']))
  t.throws(() => open(key, sealed, ['channel_credentials', 'sealedrow-', '1']))
  t.throws(() => open(randomBytes(32), sealed, place), { message: 'Sealed under another key' })
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at] ^= 1
    t.throws(() => open(key, changed, place), `byte ${at}`)
  }
  t.throws(() => open(key, sealed.subarray(0, 20), place), 'cut short')
})
