import { sql } from 'kysely'
import t from 'tap'
import { pruneEvents } from '../../server/events/retention.ts'
import { startApp } from '../support/app.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
const upstream = await startSandboxUpstream(t, { type: 'openai' })
const { admin, db, waitForTask } = await startApp(t, upstream.env)

const read = async (videoId: string, language = 'en') => (await admin.get(`${TASKS}/${videoId}`, { 'accept-language': language })).json().data
const timeline = async (videoId: string) => (await admin.get(`${TASKS}/${videoId}/events`)).json().data.events

const REFUSALS: Array<[answer: number, refusal: object]> = [
  [400, { status: 422, code: 'UPSTREAM_REFUSED', class: 'invalid_input', hint: /Change what it names/ }],
  [401, { status: 502, code: 'UPSTREAM_AUTH', class: 'auth', hint: /administrator must check the channel/ }],
  [402, { status: 422, code: 'UPSTREAM_REFUSED', class: 'quota', hint: /out of credit.*administrator/ }]
]

t.test('a refusal says whose fault it is and what to do next, at once and on the task', async t => {
  for (const [answer, expected] of REFUSALS) {
    await upstream.behave('create', { create: { answer } }, 1)
    const response = await admin.post(TASKS, { prompt: `refused with ${answer}` })
    const { videoId, code, hint } = response.json()
    const { errorCode, errorHint } = await read(videoId)
    const { detail } = (await timeline(videoId)).at(-1)
    t.match({ status: response.statusCode, code, hint, class: detail.class }, expected, String(answer))
    t.same([errorCode, errorHint], [code, hint])
  }
})

const FAILURES: Array<[error: { code: string, message: string }, failure: object]> = [
  [{ code: 'moderation_blocked', message: 'The output was blocked by our moderation system.' }, { code: 'UPSTREAM_MODERATED', class: 'moderation', hint: /Change the prompt/ }],
  [{ code: 'insufficient_quota', message: 'No credit left.' }, { code: 'UPSTREAM_FAILED', class: 'quota', hint: /out of credit/ }],
  [{ code: 'rate_limit_exceeded', message: 'Slow down.' }, { code: 'UPSTREAM_FAILED', class: 'rate_limit', hint: /at its limit/ }],
  [{ code: 'generation_failed', message: 'It could not be made.' }, { code: 'UPSTREAM_FAILED', class: 'unknown', hint: /no reason that is known here/ }]
]

t.test('so does a failure after acceptance', async t => {
  for (const [error, expected] of FAILURES) {
    await upstream.behave('create', { failAt: 1, error }, 1)
    const { videoId } = await admin.createTask({ prompt: error.message })
    await waitForTask(videoId, 'FAILED')
    const { errorCode, errorHint, errorMessage } = await read(videoId)
    t.match({ code: errorCode, hint: errorHint, class: (await timeline(videoId)).at(-1).detail.class }, expected, error.code)
    t.match(errorMessage, error.message)
    t.match((await read(videoId, 'zh-CN')).errorHint, /\p{Script=Han}/u)
  }
})

t.test('a hint outlives the timeline; a retry leaves the old class behind', async t => {
  await upstream.behave('create', { failAt: 1, error: FAILURES[1]![0] }, 1)
  const { videoId } = await admin.createTask({ prompt: 'kept for long' })
  await waitForTask(videoId, 'FAILED')
  const { errorHint } = await read(videoId)
  await sql`update task_events set created_at = 'epoch'`.execute(db)
  await pruneEvents(db, 1)
  t.same(await timeline(videoId), [])
  t.match(await read(videoId), { errorCode: 'UPSTREAM_FAILED', errorHint })
  t.match(errorHint, /out of credit/)

  await admin.post(`${TASKS}/${videoId}/retry`)
  await waitForTask(videoId, 'COMPLETED')
  t.match(await read(videoId), { errorCode: null, errorHint: null })
})
