import t from 'tap'
import { GroupCommit } from '../../server/workers/group-commit.ts'

t.test('items that come together are written together', async t => {
  const groups: number[][] = []
  const commits = new GroupCommit<number>(async items => { groups.push(items) })
  await Promise.all([1, 2, 3].map(item => commits.add(item)))
  t.same(groups, [[1, 2, 3]])
})

t.test('one bad item holds back no other', async t => {
  const written: number[] = []
  const commits = new GroupCommit<number>(async items => {
    if (items.includes(2)) throw new Error('bad item')
    written.push(...items)
  })
  const results = await Promise.allSettled([1, 2, 3].map(item => commits.add(item)))
  t.same(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
  t.same(written, [1, 3])
})

t.test('while the database is away a group is given up as a whole', async t => {
  let tries = 0
  const commits = new GroupCommit<number>(async () => {
    tries++
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  })
  const results = await Promise.allSettled([1, 2, 3].map(item => commits.add(item)))
  t.ok(results.every(({ status }) => status === 'rejected'))
  t.equal(tries, 1)
})
