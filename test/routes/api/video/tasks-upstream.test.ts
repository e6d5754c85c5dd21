import t, { type Test } from 'tap'
import type { Behaviour, Fault } from '../../../../server/sandbox/behaviour.ts'
import { startApp } from '../../../support/app.ts'
import { startSandboxUpstream } from '../../../support/sandbox-upstream.ts'
import { closedPort } from '../../../support/scripted-server.ts'

const TASKS = '/api/video/tasks'
const upstream = await startSandboxUpstream(t)
const { admin, waitForTask } = await startApp(t, { ...upstream.env, SUBMIT_TIMEOUT_MS: '500', SUBMIT_WAIT_MS: '300' })

let prompts = 0

/** A prompt nobody else has. */
const newPrompt = (marker = '') => `a cat, ${++prompts} ${marker}`.trim()

async function createWhile (fault: Fault) {
  const prompt = newPrompt()
  upstream.behave('create', { create: fault }, 1)
  const response = await admin.post(TASKS, { prompt })
  upstream.forgetBehaviours()
  return { prompt, response }
}

/** Whatever the upstream said, it was not about this client. */
async function checkLogin (t: Test) {
  t.equal((await admin.get('/api/auth/me')).statusCode, 200)
}

const REFUSALS: Array<[what: string, fault: Fault, status: number, code: string]> = [
  ['401', { answer: 401 }, 502, 'UPSTREAM_AUTH'],
  ['403', { answer: 403 }, 502, 'UPSTREAM_AUTH'],
  ['400', { answer: 400, message: 'The prompt was refused.' }, 422, 'UPSTREAM_REFUSED'],
  ['402', { answer: 402 }, 422, 'UPSTREAM_REFUSED'],
  ['an error with HTTP 200', { answer: 'error', message: 'No.' }, 422, 'UPSTREAM_REFUSED'],
  ['a moderation', { answer: 400, code: 'moderation_blocked', message: 'Blocked by our moderation system.' }, 422, 'UPSTREAM_MODERATED'],
  ['a redirect', { answer: 'redirect' }, 422, 'UPSTREAM_REFUSED']
]

for (const [what, fault, status, code] of REFUSALS) {
  t.test(`an upstream that answers with ${what} has refused: ${code}`, async t => {
    const { prompt, response } = await createWhile(fault)
    t.equal(response.statusCode, status)
    const answer = response.json()
    t.match(answer, { success: false, code, error: /\S/, hint: /\S/, videoId: /^video_/ })
    t.equal(await upstream.timesPaid(prompt), 0)

    const { data: task } = (await admin.get(`${TASKS}/${answer.videoId}`)).json()
    t.match(task, { status: 'FAILED', stage: 'failed', errorCode: code, errorMessage: /\S/, errorHint: /\S/, videoUrl: null }, 'the task stays readable')
    await checkLogin(t)
  })
}

const DOUBTS: Array<[what: string, fault: Fault]> = [
  ['500', { answer: 500 }],
  ['503 after it took the task', { answer: 503, accepted: true }],
  ['HTML', { answer: 'html' }],
  ['nothing', { answer: 'empty' }],
  ['garbage', { answer: 'garbage' }],
  ['half a reply', { answer: 'cut' }],
  ['a closed connection', { answer: 'drop' }],
  ['silence', { answer: 'hang' }]
]

for (const [what, fault] of DOUBTS) {
  t.test(`an upstream that answers with ${what} leaves a doubt that is shown, and is not asked to pay twice`, async t => {
    const { prompt, response } = await createWhile(fault)
    t.equal(response.statusCode, 201, 'never a 5xx: clients send again on those')
    const { data: receipt } = response.json()
    t.match(receipt, { videoId: /^video_/, externalTaskId: null, status: 'queued' })

    await waitForTask(receipt.videoId, 'FAILED')
    const { data: task } = (await admin.get(`${TASKS}/${receipt.videoId}`)).json()
    t.match(task, { errorCode: 'SUBMISSION_UNCONFIRMED', errorHint: /billed/ })
    t.equal(await upstream.timesPaid(prompt), fault.accepted || fault.answer === 'cut' ? 1 : 0)
    await checkLogin(t)
  })
}

t.test('an upstream that answers with 429 is asked again when it said, and paid once', async t => {
  const before = upstream.requests().create ?? 0
  const startedAt = Date.now()
  const { prompt, response } = await createWhile({ answer: 429, retryAfter: 3 })
  t.equal(response.statusCode, 201)
  t.match(response.json().data, { status: 'queued', externalTaskId: null })

  await waitForTask(response.json().data.videoId, 'COMPLETED')
  const [job] = (await upstream.ledger()).filter(job => job.prompt === prompt)
  t.ok(job!.created_at.getTime() - startedAt >= 3_000, 'not before Retry-After')
  t.equal(await upstream.timesPaid(prompt), 1)
  t.equal(upstream.requests().create, before + 2)
  await checkLogin(t)
})

t.test('an upstream that cannot be reached fails the task by its deadline, with the reason', async t => {
  const away = await startApp(t, { ...upstream.env, UPSTREAM_BASE_URL: `http://127.0.0.1:${await closedPort()}`, TASK_DEADLINE_MS: '300' })
  const client = away.admin
  const { videoId, status } = await client.createTask()
  t.equal(status, 'queued')
  await away.waitForTask(videoId, 'FAILED')
  t.match((await client.get(`${TASKS}/${videoId}`)).json().data, { errorCode: 'CHANNEL_UNAVAILABLE', errorMessage: /could not be reached/, errorHint: /\S/ })
})

const POLL_FAULTS: Array<Fault['answer']> = [401, 404, 429, 500, 'html', 'empty', 'garbage', 'truncated', 'cut', 'drop', 'reset', 'redirect']

t.test('whatever a poll is answered with, the task is not failed by it', async t => {
  const receipts = await Promise.all(POLL_FAULTS.map(answer => admin.createTask({ prompt: newPrompt(`[[sandbox: poll=${answer}, poll.times=2]]`) })))
  const tasks = await Promise.all(receipts.map(({ videoId }) => waitForTask(videoId, 'COMPLETED')))
  for (const task of tasks) t.same([task.attempt, task.error_code], [1, null])
})

const ENDS: Array<[behaviour: Behaviour, code: string]> = [
  [{ failAt: 40, error: { message: 'file upload failed' } }, 'UPSTREAM_FAILED'],
  [{ failAt: 9, error: { code: 'moderation_blocked', message: 'The output was blocked.' } }, 'UPSTREAM_MODERATED'],
  [{ outcome: 'no-url' }, 'NO_VIDEO_URL'],
  [{ failAt: 9, error: { message: 'nested <b>words</b>', shape: 'nested' } }, 'UPSTREAM_FAILED']
]

t.test('a task the upstream gives up fails with its reason', async t => {
  for (const [behaviour, code] of ENDS) {
    const { videoId } = await admin.createTask({ prompt: newPrompt(`[[sandbox:${JSON.stringify(behaviour)}]]`) })
    await waitForTask(videoId, 'FAILED')
    const { data: task } = (await admin.get(`${TASKS}/${videoId}`)).json()
    t.match(task, { errorCode: code, errorMessage: /\S/, errorHint: /\S/, videoUrl: null })
    t.notMatch(task.errorMessage, /[<{]/, 'words, not markup or JSON')
    if (behaviour.error?.message?.startsWith('file')) t.match(task.errorMessage, /file upload failed/)
  }
})
