import t from 'tap'
import { insertUser } from '../../../../server/accounts/users.ts'
import { PASSWORD } from '../../../support/accounts.ts'
import { startContentApp, UPSTREAM_KEY } from '../../../support/content-app.ts'
import { json, startScriptedServer, text, type Answer } from '../../../support/scripted-server.ts'

const { db, upstream, origin, owner, addTask, sign, login } = await startContentApp(t)
const headers = await login(owner.username)
const storage = await startScriptedServer(t)
const playable: Answer = text('the video', 200, { 'content-type': 'video/mp4' })
const contentOf = (videoId: string, query = '') => `${origin}/api/video/tasks/${videoId}/content${query}`
const code = async (response: Response) => (await response.json() as { code: string }).code

t.beforeEach(() => {
  upstream.requests.length = 0
  upstream.answer = playable
  storage.requests.length = 0
  storage.answer = playable
})

t.test('the owner reads it with a token; the page it may be shown on is ours', async t => {
  const response = await fetch(contentOf(await addTask()), { headers })
  t.equal(response.status, 200)
  t.equal(await response.text(), 'the video')
  t.equal(response.headers.get('cross-origin-resource-policy'), 'same-origin')
})

t.test('others, strangers and wrong ids read nothing', async t => {
  const videoId = await addTask()
  const other = await insertUser(db, { username: 'other', password: PASSWORD, role: 'admin' })
  const refused = [
    [await fetch(contentOf(videoId), { headers: await login(other.username) }), 404, 'TASK_NOT_FOUND'],
    [await fetch(contentOf(videoId)), 401, 'AUTH_REQUIRED'],
    [await fetch(contentOf('video_1766487895000_nothing'), { headers }), 404, 'TASK_NOT_FOUND'],
    [await fetch(contentOf('%00'), { headers }), 404, 'TASK_NOT_FOUND'],
    [await fetch(contentOf(videoId, '?variant=source'), { headers }), 400, 'REQUEST_INVALID'],
    [await fetch(contentOf(videoId, '?variant=video&variant=video'), { headers }), 400, 'REQUEST_INVALID']
  ] as const
  for (const [response, status, expected] of refused) {
    t.equal(response.status, status)
    t.equal(await code(response), expected)
  }
  t.equal(upstream.requests.length, 0)
})

t.test('a signed address needs no header and may be shown anywhere', async t => {
  const response = await fetch(sign(await addTask()))
  t.equal(response.status, 200)
  t.equal(response.headers.get('cross-origin-resource-policy'), 'cross-origin')
})

t.test('a signed address that ran out, was changed, or is another\'s opens nothing by itself', async t => {
  const [mine, another] = [await addTask(), await addTask()]
  const yesterday = sign(mine, new Date(Date.now() - 86_400_000))
  const hostile = [
    yesterday,
    sign(mine).replace(mine, another),
    sign(mine).replace(/expires=\d/, 'expires=2'),
    sign(mine).replace(/signature=./, 'signature=_-'),
    `${sign(mine)}&variant=thumbnail`,
    `${sign(mine)}&signature=x`,
    sign(mine).replace(/&signature.*/, '')
  ]
  for (const url of hostile) t.ok([400, 401].includes((await fetch(url)).status), url)
  t.equal(upstream.requests.length, 0)
  t.equal((await fetch(yesterday, { headers })).status, 200, 'with a token it is an address like any other')
})

t.test('a deleted task has no content, signed or not', async t => {
  const videoId = await addTask()
  await db.updateTable('tasks').set({ deleted_at: new Date() }).where('id', '=', videoId).execute()
  t.equal((await fetch(sign(videoId))).status, 404)
  t.equal((await fetch(contentOf(videoId), { headers })).status, 404)
})

t.test('until it is COMPLETED the answer is 409, for HEAD too', async t => {
  for (const status of ['QUEUED', 'PROCESSING', 'FAILED', 'CANCELLED'] as const) {
    const url = contentOf(await addTask({ status }))
    const response = await fetch(url, { headers })
    t.equal(response.status, 409)
    t.equal(await code(response), 'CONTENT_NOT_READY')
    t.equal((await fetch(url, { headers, method: 'HEAD' })).status, 409)
  }
  t.equal(upstream.requests.length, 0)
})

t.test('a thumbnail is one more content, where there is one', async t => {
  storage.answer = text('a picture', 200, { 'content-type': 'image/webp' })
  const withOne = await addTask({ result: { videoUrl: `${storage.url}/v.mp4`, thumbnailUrl: `${storage.url}/t.webp` } })
  const response = await fetch(contentOf(withOne, '?variant=thumbnail'), { headers })
  t.equal(response.headers.get('content-type'), 'image/webp')
  t.match(response.headers.get('content-disposition'), /\.webp"$/)
  t.not(response.headers.get('etag'), (await fetch(contentOf(withOne), { headers })).headers.get('etag'))

  const without = await fetch(contentOf(await addTask(), '?variant=thumbnail'), { headers })
  t.equal(without.status, 404)
  t.equal(await code(without), 'THUMBNAIL_NOT_FOUND')

  upstream.answer = json({}, 404)
  const refused = await fetch(contentOf(await addTask({ channel: 'openai', result: {} }), '?variant=thumbnail'), { headers })
  t.equal(await code(refused), 'THUMBNAIL_NOT_FOUND')
})

t.test('the key opens the channel\'s own address and is shown to nobody', async t => {
  const videoId = await addTask({ channel: 'openai', result: {} })
  const response = await fetch(sign(videoId))
  t.equal(await response.text(), 'the video')
  t.match(upstream.requests.at(-1), { path: `/videos/ext-${videoId}/content`, headers: { authorization: `Bearer ${UPSTREAM_KEY}` } })
  t.notOk(JSON.stringify([...response.headers]).includes(UPSTREAM_KEY))
})

t.test('the key goes to no other origin: not with an address from a reply, not along a redirect', async t => {
  await fetch(sign(await addTask({ result: { videoUrl: `${storage.url}/v.mp4` } })))
  upstream.answer = text('', 302, { location: `${storage.url}/redirected.mp4` })
  const redirected = await fetch(sign(await addTask({ channel: 'openai', result: {} })), { headers: { range: 'bytes=0-2' } })
  t.equal(await redirected.text(), 'the')

  t.same([...new Set(storage.requests.map(request => request.path))], ['/v.mp4', '/redirected.mp4'])
  for (const request of storage.requests) t.notOk(JSON.stringify(request.headers).includes(UPSTREAM_KEY))
})

t.test('nothing of the client\'s own goes upstream', async t => {
  const videoId = await addTask()
  await fetch(contentOf(videoId), { headers: { ...headers, cookie: 'mine=1', 'if-none-match': '"x"', 'x-forwarded-for': '1.2.3.4' } })
  const seen = JSON.stringify(upstream.requests.at(-1)?.headers)
  for (const word of ['mine=', 'if-none-match', 'forwarded', headers.authorization]) t.notOk(seen.includes(word), word)
})

t.test('an address that ran out is asked for anew once, and the new one is kept', async t => {
  for (const status of [401, 403, 404, 410]) {
    const videoId = await addTask({ result: { videoUrl: `${storage.url}/old.mp4` } })
    storage.requests.length = 0
    storage.answer = (response, request) => request.path === '/old.mp4' ? json({}, status)(response, request) : playable(response, request)
    upstream.answer = json({ id: `ext-${videoId}`, status: 'completed', video_url: `${storage.url}/new.mp4` })

    t.equal(await (await fetch(sign(videoId))).text(), 'the video', `HTTP ${status}`)
    t.equal(await (await fetch(sign(videoId), { headers: { range: 'bytes=4-' } })).text(), 'video')
    t.same(storage.requests.map(request => request.path).slice(0, 3), ['/old.mp4', '/new.mp4', '/new.mp4'])
  }
})

t.test('what cannot be renewed is gone, after one question', async t => {
  const states = [{ status: 'failed', error: 'gone' }, { status: 'in_progress' }, { status: 'completed', video_url: `${storage.url}/old.mp4` }, { status: 'completed' }]
  storage.answer = json({}, 403)
  for (const state of states) {
    const videoId = await addTask({ result: { videoUrl: `${storage.url}/old.mp4` } })
    upstream.requests.length = 0
    upstream.answer = json({ id: `ext-${videoId}`, ...state })
    const response = await fetch(sign(videoId))
    t.equal(response.status, 410, JSON.stringify(state))
    t.equal(await code(response), 'VIDEO_EXPIRED')
    t.equal(upstream.requests.length, 1)
  }
})

t.test('an upstream that refuses the channel\'s key is not the client\'s 401', async t => {
  upstream.answer = json({ error: { message: 'bad key' } }, 401)
  const response = await fetch(sign(await addTask({ channel: 'openai', result: {} })))
  t.equal(response.status, 502)
  t.equal(await code(response), 'UPSTREAM_AUTH')
})
