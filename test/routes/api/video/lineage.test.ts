import { sql } from 'kysely'
import t from 'tap'
import { startApp } from '../../../support/app.ts'
import type { Client } from '../../../support/client.ts'

const server = await startApp(t)
const { admin, db, login, waitForTask } = server
const first = await waitForTask((await admin.createTask()).videoId, 'COMPLETED')

interface Node { videoId: string, parentId: string | null, depth: number, type: string, deleted: boolean, prompt: string }

/** A tree in one statement: the nth task, counted from 1, hangs on the one that `parent` computes from `n`. */
async function grow (client: Client, name: string, size: number, parent: string, prompt = 'as before') {
  const idOf = (n: string) => `'video_1' || lpad((${n})::text, 12, '0') || '_${name}'`
  await sql`
    insert into tasks (id, user_id, status, stage, channel_id, model, prompt, metadata)
    select ${sql.raw(idOf('n'))}, ${client.id}, 'COMPLETED', 'completed', ${first.channel_id}, 'm', ${prompt},
      case when n = 1 then '{}' else jsonb_build_object('type', (array['remix', 'edit', 'extend'])[1 + n % 3], 'remix_from', ${sql.raw(idOf(parent))}, 'remix_from_external', 'x') end
    from generate_series(1, ${size}::int) n`.execute(db)
  return (n: number) => `video_1${String(n).padStart(12, '0')}_${name}`
}

async function lineage (client: Client, videoId: string, query = '') {
  const response = await client.get(`/api/video/tasks/${videoId}/lineage${query}`)
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json().data as { rootId: string, focusId: string, nodes: Node[], nextCursor: string | null }
}

/** Every node of all pages. */
async function walk (client: Client, videoId: string, query: string) {
  const nodes: Node[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await lineage(client, videoId, `?${query}${cursor && `&cursor=${cursor}`}`)
    nodes.push(...page.nodes)
    cursor = page.nextCursor
  }
  return nodes
}

const isInOrder = (nodes: Node[]) => nodes.every((node, i) => i === 0 || node.depth > nodes[i - 1]!.depth || (node.depth === nodes[i - 1]!.depth && node.videoId > nodes[i - 1]!.videoId))

t.test('the whole tree by default; what is above or below the focus, and how far, when asked for', async t => {
  // 1 ─ 2 ─ 4 ─ 8, 2 ─ 5, 1 ─ 3 ─ 6, 3 ─ 7: a heap.
  const user = await login()
  const id = await grow(user, 'heap', 8, 'n / 2')
  const shown = async (focus: number, query = '') => (await lineage(user, id(focus), query)).nodes.map(({ videoId, depth }) => [videoId, depth])
  const expected = (...numbers: number[]) => numbers.map(n => [id(n), Math.floor(Math.log2(n))])

  for (const focus of [1, 2, 8]) t.same(await shown(focus), expected(1, 2, 3, 4, 5, 6, 7, 8))
  t.match(await lineage(user, id(4), '?direction=descendants'), { rootId: id(1), focusId: id(4), nextCursor: null })
  t.same(await shown(2, '?direction=descendants'), expected(2, 4, 5, 8))
  t.same(await shown(2, '?direction=descendants&depth=1'), expected(2, 4, 5))
  t.same(await shown(1, '?direction=descendants&depth=1'), expected(1, 2, 3))
  t.same(await shown(1, '?direction=descendants'), expected(1, 2, 3, 4, 5, 6, 7, 8))
  t.same(await shown(8, '?direction=ancestors'), expected(1, 2, 4, 8))
  t.same(await shown(8, '?direction=ancestors&depth=2'), expected(2, 4, 8))
  t.same(await shown(8, '?direction=ancestors&depth=0'), expected(8))
  t.same(await shown(8, '?depth=1'), expected(1, 2, 3))
  const { nodes } = await lineage(user, id(5))
  t.same(nodes.slice(0, 3).map(({ parentId, type }) => [parentId, type]), [[null, 'generation'], [id(1), 'extend'], [id(1), 'remix']])
  t.equal((await user.get(`/api/video/tasks/${id(2)}`)).json().data.remixCount, 2, 'edits and extensions count')
})

t.test('page after page shows every node once, by depth, in every shape', async t => {
  const user = await login()
  for (const [name, parent] of [['chain', 'n - 1'], ['wide', '1'], ['bush', '(n + 2) / 3']] as const) {
    const id = await grow(user, name, 60, parent)
    for (const limit of [7, 59, 60]) {
      for (const focus of [1, 60]) {
        const nodes = await walk(user, id(focus), `limit=${limit}`)
        t.equal(nodes.length, 60, `${name} by ${limit}`)
        t.equal(new Set(nodes.map(node => node.videoId)).size, 60)
        t.ok(isInOrder(nodes))
      }
    }
    t.equal((await walk(user, id(60), 'direction=ancestors&limit=20')).length, { chain: 60, wide: 2, bush: 5 }[name])
    t.equal((await walk(user, id(2), 'direction=descendants&limit=13')).length, { chain: 59, wide: 1, bush: 40 }[name])
  }
})

t.test('nobody else\'s, tombstones among the rest', async t => {
  const [owner, other] = [await login(), await login()]
  const id = await grow(owner, 'mine', 4, 'n - 1', 'secret words')
  // No request can make it, but a restored or edited database might hold it.
  const foreign = await grow(other, 'theirs', 3, 'n - 1')
  await sql`update tasks set metadata = metadata || jsonb_build_object('remix_from', ${id(2)}::text, 'type', 'remix') where id = ${foreign(1)}`.execute(db)
  t.equal((await lineage(owner, id(1))).nodes.length, 4)
  t.match(await lineage(other, foreign(3)), { rootId: foreign(1), nodes: [{ videoId: foreign(1), parentId: null }, {}, {}] })
  t.equal((await other.get(`/api/video/tasks/${id(1)}/lineage`)).statusCode, 404)

  t.equal((await owner.inject({ method: 'DELETE', url: `/api/video/tasks/${id(2)}` })).statusCode, 200)
  t.match((await lineage(owner, id(4))).nodes, [{ deleted: false }, { videoId: id(2), deleted: true, prompt: '' }, { parentId: id(2) }, {}])
  t.equal((await owner.get(`/api/video/tasks/${id(2)}/lineage`)).statusCode, 404)
  t.equal((await owner.get(`/api/video/tasks/${id(1)}`)).json().data.remixCount, 0)

  const cursor = Buffer.from([foreign(3), id(1), 0, 0, ''.padEnd(1, '0')].join(' ')).toString('base64url')
  t.same((await lineage(other, foreign(3), `?cursor=${cursor}`)).nodes, [], 'a forged cursor leads to nothing')
})

t.test('what is wrong is refused by field', async t => {
  const user = await login()
  const id = await grow(user, 'refused', 5, 'n - 1')
  const { nextCursor } = await lineage(user, id(1), '?limit=2')
  const cases = [['depth=-1', 'depth'], ['depth=x', 'depth'], ['direction=up', 'direction'], ['format=svg', 'format'], ['limit=0', 'limit'], ['limit=501', 'limit'], ['colour=red', 'colour']]
  for (const [query, field] of cases) t.match((await user.get(`/api/video/tasks/${id(1)}/lineage?${query}`)).json(), { code: 'REQUEST_INVALID', details: [{ field }] }, query)
  const cursors = ['nonsense', Buffer.from('a b 1 1').toString('base64url'), Buffer.from(`${id(1)} ${id(1)} 99999999999 1 x`).toString('base64url')]
  for (const cursor of cursors) t.match((await user.get(`/api/video/tasks/${id(1)}/lineage?cursor=${cursor}`)).json(), { code: 'CURSOR_INVALID', details: [{ field: 'cursor' }] })
  t.match((await user.get(`/api/video/tasks/${id(2)}/lineage?cursor=${nextCursor}`)).json(), { code: 'CURSOR_INVALID' }, 'another task\'s')
})

t.test('as a diagram', async t => {
  const user = await login()
  const id = await grow(user, 'drawn', 3, 'n - 1', 'a "quoted" word')
  const draw = (query: string) => user.get(`/api/video/tasks/${id(2)}/lineage?${query}`)
  for (const [format, expected] of [['mermaid', `${id(1)} -->|extend| ${id(2)}`], ['dot', `"${id(1)}" -> "${id(2)}"`]] as const) {
    const drawn = await draw(`format=${format}`)
    t.match(drawn, { statusCode: 200, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', link: undefined } })
    t.match(drawn.body, expected)
    t.notMatch((await draw(`format=${format}&direction=descendants`)).body, id(1))
    t.notMatch((await draw(`format=${format}&direction=ancestors&depth=0`)).body, id(1))
  }
  const { headers } = await draw('format=dot&limit=2')
  const next = /^<(\?.*)>; rel="next"$/.exec(String(headers.link))?.[1]
  t.match((await draw(next!.slice(1))).body, new RegExp(`^digraph[^]*"${id(2)}" -> "${id(3)}"`))
})

t.test('a cycle, which nobody can make, does not go round for ever', async t => {
  const user = await login()
  const id = await grow(user, 'cycle', 6, 'n - 1')
  await sql`update tasks set metadata = jsonb_build_object('type', 'remix', 'remix_from', ${id(3)}::text) where id = ${id(1)}`.execute(db)
  for (const focus of [1, 3, 6]) {
    const { nodes } = await lineage(user, id(focus))
    t.equal(new Set(nodes.map(({ videoId }) => videoId)).size, nodes.length, 'each once')
    t.ok(nodes.length >= 4)
  }
})

t.test('10,000 nodes, whatever their shape', async t => {
  const user = await login()
  for (const [name, parent] of [['deep', 'n - 1'], ['broad', '1'], ['three', '(n + 2) / 3']] as const) {
    const id = await grow(user, name, 10_000, parent)
    for (const focus of [1, 10_000]) {
      const begun = performance.now()
      const { nodes, nextCursor } = await lineage(user, id(focus))
      const elapsed = Math.round(performance.now() - begun)
      t.comment(`${name}, from ${focus}: ${elapsed} ms`)
      t.equal(nodes.length, 500)
      t.ok(nextCursor)
      // 50 ms on a machine with nothing else to do (bench/lineage.bench.ts); here it only must not be another order.
      t.ok(elapsed < 2_000)
    }
  }
  const id = (n: number) => `video_1${String(n).padStart(12, '0')}_deep`
  t.equal((await walk(user, id(5_000), '')).length, 10_000)
})
