import type { Answer, Api, Json } from './api.ts'
import { checkErrors, checkLineage, checkLogin, checkProgress, checkReceipt, checkTask, checkVideo } from './claims.ts'
import { DemoError } from './demo-error.ts'
import type { Finding } from './findings.ts'
import { followTask, type Update } from './follow-task.ts'
import { fact, heading, line, progressBar, progressTable, quote } from './screen.ts'

const SOURCE_PROMPT = '一只小狗在海边的沙滩上奔跑'
const REMIX_PROMPT = '在原视频基础上，再添加一只小猫一起玩耍'

/** Where the report is executed, and as whom. */
export interface Scene {
  api: Api
  username: string
  password: string
  model: string
}

/** Carries out the steps of the report and compares every answer. Throws DemoError when one makes the next impossible. */
export async function runReport ({ api: anonymous, username, password, model }: Scene): Promise<Finding[]> {
  fact('server', anonymous.url)
  heading(1, 'Log in')
  const login = await anonymous.data('POST', '/api/auth/login', { username, password })
  fact('user', username)
  fact('token', `${String(login.token).slice(0, 24)}…`)
  const api = anonymous.as(String(login.token))

  heading(2, 'A finished task')
  const source = await makeSource(api, model)

  heading(3, 'Remix it')
  const { receipt, updates, task } = await remix(api, source, model)

  heading(5, 'Metadata of the new task')
  quote({ metadata: task.metadata })

  return [
    ...checkLogin(login),
    ...checkReceipt(receipt, source),
    ...checkTask(task, source),
    ...checkProgress(updates),
    ...await checkVideo(api, task),
    ...await checkLineage(api, task, source),
    ...await checkErrors(api)
  ]
}

async function makeSource (api: Api, model: string): Promise<Json> {
  const { videoId } = await followTask(api, async () => {
    fact('prompt', SOURCE_PROMPT)
    return withVideoId(await api.request('POST', '/api/video/tasks', { prompt: SOURCE_PROMPT, model }))
  }, progressBar())
  const source = await readCompleted(api, videoId)
  for (const name of ['videoId', 'externalTaskId', 'status', 'videoUrl']) fact(name, String(source[name]).replace(/\?.*/s, '?…'))
  return source
}

async function remix (api: Api, source: Json, model: string) {
  const updates: Update[] = []
  const showRow = progressTable()
  const { videoId, answer } = await followTask(api, async () => {
    const path = `/api/video/tasks/${source.videoId}/remix`
    const body = { prompt: REMIX_PROMPT, model }
    line(`     POST ${path}`)
    quote(body)
    const submitted = withVideoId(await api.request('POST', path, body))
    line('     is answered with')
    quote(submitted.answer.body)
    heading(4, 'Progress')
    return submitted
  }, update => {
    updates.push(update)
    showRow(update)
  })
  return { receipt: answer, updates, task: await readCompleted(api, videoId) }
}

function withVideoId (answer: Answer): { videoId: string, answer: Answer } {
  const videoId = answer.body.data?.videoId
  if (typeof videoId !== 'string') throw new DemoError(`No videoId, but ${answer.status} ${JSON.stringify(answer.body)}`)
  return { videoId, answer }
}

async function readCompleted (api: Api, videoId: string): Promise<Json> {
  const task = await api.data('GET', `/api/video/tasks/${videoId}`)
  if (task.status !== 'COMPLETED') throw new DemoError(`${videoId} is ${task.status}: ${task.errorCode} ${task.errorMessage}`)
  return task
}
