import { sql, type KyselyPlugin } from 'kysely'
import t from 'tap'
import type { Caller } from '../../server/accounts/callers.ts'
import { pruneRateLimits, RateLimits } from '../../server/accounts/rate-limits.ts'
import { createDatabase } from '../../server/database/connect.ts'
import { createTestDatabase } from '../support/database.ts'

const databaseUrl = await createTestDatabase(t)

/** As a process has it: a pool of its own, and every statement counted. */
function startProcess (userLimit?: number) {
  const pool = createDatabase(databaseUrl, 5)
  t.teardown(() => pool.destroy())
  const counted = { statements: 0 }
  const counter: KyselyPlugin = {
    transformQuery: ({ node }) => {
      counted.statements++
      return node
    },
    transformResult: async ({ result }) => result
  }
  return { db: pool, counted, limits: new RateLimits(pool.withPlugin(counter), userLimit) }
}

let ids = 0
const callerWith = (requestsPerMinute: number | null): Caller => ({ id: `u${++ids}`, username: 'a', role: 'user', key: { id: `k${ids}`, scopes: ['tasks:read'], requestsPerMinute } })
const bucketOf = (db: ReturnType<typeof createDatabase>, { key }: Caller) => db.updateTable('rate_limits').where('subject', '=', `key:${key!.id}`)

t.test('two processes share one limit, and let through no more than it allows', async t => {
  const [one, two] = [startProcess(), startProcess()]
  const caller = callerWith(60)
  const start = performance.now()
  const counts = await Promise.all(Array.from({ length: 300 }, (_, index) => (index % 2 ? one : two).limits.count(caller)))
  const refilled = Math.ceil((performance.now() - start) / 1000)
  const allowed = counts.filter(count => count!.allowed).length
  t.ok(allowed >= 60 && allowed <= 60 + refilled, `${allowed} of 300`)
  t.ok(one.counted.statements + two.counted.statements < 20, `${one.counted.statements + two.counted.statements} statements for all of them`)
})

t.test('ten processes that ask again and again take nothing twice', async t => {
  const processes = Array.from({ length: 10 }, () => startProcess())
  const caller = callerWith(60)
  const start = performance.now()
  const counts = await Promise.all(processes.map(async ({ limits }) => {
    let allowed = 0
    for (let n = 0; n < 20; n++) if ((await limits.count(caller))!.allowed) allowed++
    return allowed
  }))
  const allowed = counts.reduce((sum, count) => sum + count)
  const refilled = Math.ceil((performance.now() - start) / 1000)
  t.ok(allowed >= 60 && allowed <= 60 + refilled, `${allowed} of 200`)
})

t.test('one after the other, from processes in turn, each takes its own', async t => {
  const processes = [startProcess(), startProcess()]
  const caller = callerWith(10)
  const left = []
  for (let n = 0; n < 10; n++) left.push((await processes[n % 2]!.limits.count(caller))!.remaining)
  t.same(left, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  t.match(await processes[0]!.limits.count(caller), { allowed: false, whose: 'key', limit: 10, remaining: 0 })
})

t.test('it fills up again by the clock of the database, and not beyond its limit', async t => {
  const { db, limits } = startProcess()
  const caller = callerWith(60)
  await limits.count(caller)
  await bucketOf(db, caller).set({ tokens: 0, refilled_at: sql<Date>`now() - interval '30.5 seconds'` }).execute()
  const half = (await limits.count(caller))!
  t.match(half, { allowed: true, remaining: 29 })
  t.ok(half.resetSeconds > 29 && half.resetSeconds < 31)
  await bucketOf(db, caller).set({ tokens: 5, refilled_at: sql<Date>`now() - interval '1 day'` }).execute()
  t.equal((await limits.count(caller))!.remaining, 59)
  await bucketOf(db, caller).set({ tokens: 1, refilled_at: sql<Date>`now() + interval '1 hour'` }).execute()
  t.equal((await limits.count(caller))!.allowed, true, 'a clock that was set back takes nothing away')
})

t.test('beyond the limit it is refused from memory, until there is one more', async t => {
  const { counted, limits } = startProcess()
  const caller = callerWith(60)
  await Promise.all(Array.from({ length: 61 }, () => limits.count(caller)))
  const before = counted.statements
  const refused = (await limits.count(caller))!
  t.match(refused, { allowed: false, remaining: 0 })
  t.ok(refused.waitSeconds > 0 && refused.waitSeconds <= 1)
  t.equal(counted.statements, before)
  while (!(await limits.count(caller))!.allowed);
  t.ok(counted.statements > before)
})

t.test('a changed limit counts at once', async t => {
  const { limits } = startProcess()
  const caller = callerWith(1)
  await limits.count(caller)
  t.equal((await limits.count(caller))!.allowed, false)
  const raised = { ...caller, key: { ...caller.key!, requestsPerMinute: 1_000_000 } } as Caller
  while (!(await limits.count(raised))!.allowed);
  const lowered = { ...caller, key: { ...caller.key!, requestsPerMinute: 2 } } as Caller
  t.ok((await limits.count(lowered))!.remaining <= 2)
})

t.test('who has no limit costs no statement', async t => {
  const { counted, limits } = startProcess()
  t.equal(await limits.count(callerWith(null)), undefined)
  t.equal(await limits.count({ id: '1', username: 'a', role: 'user', sessionId: 's' }), undefined)
  t.equal(counted.statements, 0)
})

t.test('the limit of the user counts whatever they come with; what their key refuses does not', async t => {
  const { limits } = startProcess(3)
  const slow = callerWith(1)
  const byLogin: Caller = { id: slow.id, username: 'a', role: 'user', sessionId: 's' }
  t.match(await limits.count(slow), { allowed: true, whose: 'key', remaining: 0 }, 'the tighter one is told')
  t.match(await limits.count(slow), { allowed: false, whose: 'key' })
  t.match(await limits.count(byLogin), { allowed: true, whose: 'user', limit: 3, remaining: 1 })
  t.match(await limits.count(byLogin), { allowed: true, remaining: 0 })
  t.match(await limits.count(byLogin), { allowed: false, whose: 'user' })
})

t.test('a failure of the database is passed on, and forgotten', async t => {
  const gone = createDatabase('postgres://127.0.0.1:1/none', 1)
  t.teardown(() => gone.destroy())
  const limits = new RateLimits(gone, undefined)
  const caller = callerWith(5)
  const results = await Promise.allSettled([limits.count(caller), limits.count(caller)])
  t.ok(results.every(({ status }) => status === 'rejected'))
  await t.rejects(limits.count(caller), { code: 'ECONNREFUSED' })
})

t.test('buckets that must be full by now are removed', async t => {
  const { db, limits } = startProcess()
  const [old, recent] = [callerWith(5), callerWith(5)]
  await Promise.all([limits.count(old), limits.count(recent)])
  await bucketOf(db, old).set({ refilled_at: sql<Date>`now() - interval '61 minutes'` }).execute()
  await pruneRateLimits(db)
  const left = await db.selectFrom('rate_limits').select('subject').where('subject', 'in', [`key:${old.key!.id}`, `key:${recent.key!.id}`]).execute()
  t.same(left, [{ subject: `key:${recent.key!.id}` }])
  t.equal((await limits.count(old))!.remaining, 4)
})
