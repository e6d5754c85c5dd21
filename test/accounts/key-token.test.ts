import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { hashKeyToken, isKeyToken, newKeyToken } from '../../server/accounts/key-token.ts'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const valueOf = (text: string) => [...text].reduce((value, digit) => value * 62n + BigInt(DIGITS.indexOf(digit)), 0n)

t.test('a key is rl_, 32 random bytes in base 62, and their checksum', async t => {
  const tokens = Array.from({ length: 500 }, newKeyToken)
  t.equal(new Set(tokens).size, 500)
  for (const token of tokens) {
    const [, secret = '', sum = ''] = /^(rl_[\dA-Za-z]{43})_([\dA-Za-z]{6})$/.exec(token) ?? []
    t.ok(valueOf(secret.slice(3)) < 2n ** 256n)
    t.equal(valueOf(sum), BigInt(crc32(secret)))
    t.ok(isKeyToken(token))
  }
  t.ok(tokens.some(token => valueOf(token.slice(3, 46)) > 2n ** 255n), 'all 256 bits are used')
})

t.test('every typo of one character is seen, and so is what is no key', async t => {
  const token = newKeyToken()
  for (let place = 0; place < token.length; place++) {
    const other = token[place] === 'a' ? 'b' : 'a'
    t.notOk(isKeyToken(token.slice(0, place) + other + token.slice(place + 1)), `character ${place}`)
  }
  for (const text of ['', 'rl_', token.slice(0, -1), `${token}a`, ` ${token}`, `${token}\n`, token.toUpperCase(), token.replace('rl_', 'sk_')]) t.notOk(isKeyToken(text), JSON.stringify(text))
})

t.test('its hash is SHA-256', async t => {
  t.same(hashKeyToken('rl_x'), createHash('sha256').update('rl_x').digest())
})
