import t from 'tap'
import { createBoundedQueue } from '../../server/bounded-queue.ts'
import { generatePassword, hashPassword, verifyPassword } from '../../server/accounts/passwords.ts'

t.test('a password matches its own hash only', async t => {
  const stored = await hashPassword('correct horse')
  t.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/, 'stored as a PHC string')
  t.same(await verifyPassword('correct horse', stored), { matches: true, outdated: false })
  t.same(await verifyPassword('correct horsf', stored), { matches: false, outdated: false })
})

t.test('the same password hashes differently each time', async t => {
  t.not(await hashPassword('twice the same'), await hashPassword('twice the same'))
})

t.test('a password typed full-width by an input method is the same password', async t => {
  const stored = await hashPassword('ｐａｓｓｗｏｒｄ１')
  t.ok((await verifyPassword('password1', stored)).matches)
})

t.test('a hash of an older cost still matches and asks to be renewed', async t => {
  // argon2id of "old password" with m=8192, t=1, p=1.
  const stored = '$argon2id$v=19$m=8192,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$ANHVShkwNR7CJ62Ndpc/H7J2L/hDTamvGZ9MBM5zMrs'
  t.same(await verifyPassword('old password', stored), { matches: true, outdated: true })
})

t.test('nothing matches the hash that stands for nobody', async t => {
  t.notOk((await verifyPassword('anything at all')).matches)
})

t.test('generated passwords are long and never the same', async t => {
  const passwords = new Set(Array.from({ length: 100 }, generatePassword))
  t.equal(passwords.size, 100)
  for (const password of passwords) t.match(password, /^[a-km-np-z2-9]{24}$/)
})

t.test('a bounded queue runs so many at once, lets so many wait and refuses the rest', async t => {
  const inTurn = createBoundedQueue(4, 6, 'passwordChecks')
  const gate = Promise.withResolvers<void>()
  let running = 0
  let most = 0
  const work = async () => {
    most = Math.max(most, ++running)
    await gate.promise
    running--
  }

  const all = Array.from({ length: 20 }, () => inTurn(work))
  const refused = Promise.allSettled(all.slice(10))
  for (const result of await refused) t.match(result, { status: 'rejected', reason: { code: 'RATE_LIMITED', options: { retryAfterSeconds: 1 } } })
  t.equal(running, 4)

  gate.resolve()
  await Promise.all(all.slice(0, 10))
  t.equal(most, 4)
  await t.resolves(inTurn(work), 'and there is room again')
})

t.test('work that fails leaves its place', async t => {
  const inTurn = createBoundedQueue(1, 0, 'passwordChecks')
  await t.rejects(inTurn(() => Promise.reject(new Error('broken'))), { message: 'broken' })
  await t.resolves(inTurn(async () => {}))
})
