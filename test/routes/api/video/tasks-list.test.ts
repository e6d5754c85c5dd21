import t from 'tap'
import { startApp } from '../../../support/app.ts'
import { startSandboxUpstream } from '../../../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
const upstream = await startSandboxUpstream(t)
const { admin, login, waitForTask } = await startApp(t, upstream.env)

async function list (query: string | Record<string, string>, client = admin) {
  const response = await client.get(`${TASKS}?${new URLSearchParams(query)}`)
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json().data as { tasks: Array<Record<string, any>>, nextCursor: string | null }
}

const ids = (page: { tasks: Array<Record<string, any>> }) => page.tasks.map(task => task.videoId)

const dog = await waitForTask((await admin.createTask({ prompt: 'a dog runs 100% fast' })).videoId, 'COMPLETED')
const cat = await waitForTask((await admin.createTask({ prompt: '一只小猫', model: 'sora-2' })).videoId, 'COMPLETED')
const remix = await waitForTask((await admin.post(`${TASKS}/${dog.id}/remix`, { prompt: 'with a kitten' })).json().data.videoId, 'COMPLETED')
const failed = await waitForTask((await admin.createTask({ prompt: 'lost [[fail]]' })).videoId, 'FAILED')
const running = await waitForTask((await admin.createTask({ prompt: 'lasting [[never]]' })).videoId, 'PROCESSING')
const everything = [running.id, failed.id, remix.id, cat.id, dog.id]

t.test('the newest comes first, and nobody else\'s at all', async t => {
  const stranger = await login()
  const { videoId } = await stranger.createTask()
  const page = await list('')
  t.same(ids(page), everything)
  t.equal(page.nextCursor, null)
  t.same(ids(await list('', stranger)), [videoId])
  // Addresses are signed anew at every read, by the second; and a thumbnail comes when it is made.
  const { videoUrl, thumbnailUrl, ...listed } = page.tasks.find(task => task.videoId === dog.id)!
  t.match(videoUrl, dog.id)
  t.same({ ...listed, videoUrl, thumbnailUrl }, { ...(await admin.get(`${TASKS}/${dog.id}`)).json().data, videoUrl, thumbnailUrl })
})

t.test('filters', async t => {
  const cases: Array<[query: Record<string, string>, expected: string[]]> = [
    [{ status: 'FAILED' }, [failed.id]],
    [{ status: 'PROCESSING,FAILED' }, [running.id, failed.id]],
    [{ type: 'remix' }, [remix.id]],
    [{ type: 'generation', status: 'COMPLETED' }, [cat.id, dog.id]],
    [{ model: 'sora-2' }, [cat.id]],
    [{ q: 'KITTEN' }, [remix.id]],
    [{ q: '小猫' }, [cat.id]],
    [{ q: '100%' }, [dog.id]],
    [{ q: '%' }, [dog.id]],
    [{ q: '_' }, []],
    [{ q: cat.id }, [cat.id]],
    [{ q: cat.external_task_id! }, [cat.id]],
    [{ from: remix.created_at.toISOString() }, [running.id, failed.id, remix.id]],
    [{ to: remix.created_at.toISOString() }, [cat.id, dog.id]],
    [{ from: dog.created_at.toISOString(), to: cat.created_at.toISOString() }, [dog.id]],
    [{ from: '2100-01-01T00:00:00+08:00' }, []],
    [{ from: '2100-01-01' }, []],
    [{ from: remix.created_at.toISOString().slice(0, 10), to: '2100-01-01', q: 'KITTEN' }, [remix.id]]
  ]
  for (const [query, expected] of cases) t.same(ids(await list(query)), expected, JSON.stringify(query))
})

t.test('pages tell everything once, in order, also while new tasks come in', async t => {
  const client = await login()
  const before = []
  for (let i = 0; i < 7; i++) before.unshift((await client.createTask()).videoId)

  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof list>> = await list({ limit: '3', ...cursor && { cursor } }, client)
    t.ok(page.tasks.length <= 3)
    seen.push(...ids(page))
    cursor = page.nextCursor
    await client.createTask()
  } while (cursor)
  t.same(seen, before)

  t.equal((await list({ limit: '10' }, client)).nextCursor, null, 'a page that is just full is the last one')
})

t.test('a query that is not valid is refused by its name', async t => {
  const cases: Array<[query: string, code: string, field?: string]> = [
    ['limit=101', 'REQUEST_INVALID', 'limit'],
    ['limit=0', 'REQUEST_INVALID', 'limit'],
    ['limit=ten', 'REQUEST_INVALID', 'limit'],
    ['status=completed', 'REQUEST_INVALID', 'status'],
    ['status=COMPLETED,', 'REQUEST_INVALID', 'status'],
    ['type=copy', 'REQUEST_INVALID', 'type'],
    ['from=yesterday', 'REQUEST_INVALID', 'from'],
    ['to=2025-02-30', 'REQUEST_INVALID', 'to'],
    ['to=2025-02-30T00:00:00Z', 'REQUEST_INVALID', 'to'],
    ['from=275761-01-01T00:00:00Z', 'REQUEST_INVALID', 'from'],
    ['page=2', 'REQUEST_INVALID', 'page'],
    ['q=', 'REQUEST_INVALID', 'q'],
    ['q=a%00', 'REQUEST_INVALID'],
    ['model=a%00', 'REQUEST_INVALID'],
    ['cursor=nonsense', 'CURSOR_INVALID'],
    [`cursor=${Buffer.from('[1]').toString('base64url')}`, 'CURSOR_INVALID'],
    [`cursor=${Buffer.from('2025-01-01T00:00:00.000Z a\0').toString('base64url')}`, 'CURSOR_INVALID']
  ]
  for (const [query, code, field] of cases) {
    const response = await admin.get(`${TASKS}?${query}`)
    t.equal(response.statusCode, 400, query)
    t.match(response.json(), { code, hint: /\S/, ...field && { details: [{ field }] } }, query)
  }
})
