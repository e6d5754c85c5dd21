import type { Answer, Api, Json } from './api.ts'
import { expectEqual, expectThat, type Finding } from './findings.ts'
import type { Update } from './follow-task.ts'

const VIDEO_ID = /^video_\d{13}_[0-9a-z]{7}$/
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/
const TASKS = '/api/video/tasks'

export function checkLogin ({ token }: Json): Finding[] {
  return [expectThat('Login answers with a JWT in data.token', TOKEN.test(token), token)]
}

export function checkReceipt ({ status, body }: Answer, source: Json): Finding[] {
  const { videoId, externalTaskId, ...rest } = body.data
  return [
    expectEqual('The remix is answered with 201', status, 201),
    expectEqual('… in the envelope success, data, requestTime', keys(body), ['data', 'requestTime', 'success']),
    expectThat('… with the elapsed time in whole milliseconds', Number.isInteger(body.requestTime), body.requestTime),
    expectEqual('The receipt has the five fields of the report', keys(body.data), ['externalTaskId', 'message', 'remixed_from', 'status', 'videoId']),
    expectThat('… an id of ours and one of the provider\'s', VIDEO_ID.test(videoId) && typeof externalTaskId === 'string', { videoId, externalTaskId }),
    expectEqual('… and says that the remix is being made', rest, { status: 'processing', message: 'Remix 任务已提交', remixed_from: source.videoId })
  ]
}

export function checkTask (task: Json, source: Json): Finding[] {
  return [
    expectEqual('The metadata are the three keys of the pattern', task.metadata, { type: 'remix', remix_from: source.videoId, remix_from_external: source.externalTaskId }),
    expectEqual('The task is a finished remix', { type: task.type, status: task.status, progress: task.progress, remixedFrom: task.remixedFrom },
      { type: 'remix', status: 'COMPLETED', progress: 100, remixedFrom: source.videoId })
  ]
}

export function checkProgress (updates: readonly Update[]): Finding[] {
  const steps = updates.map(({ progress }) => progress)
  const early = updates.filter(({ progress, status }) => progress === 100 && status !== 'COMPLETED')
  return [
    expectThat('Progress came by SSE', new Set(steps).size >= 2, steps),
    expectThat('… never went down', steps.every((step, i) => i === 0 || step >= steps[i - 1]!), steps),
    expectEqual('… and reached 100 with COMPLETED', [early, updates.at(-1)?.progress], [[], 100])
  ]
}

export async function checkVideo (api: Api, { videoUrl }: Json): Promise<Finding[]> {
  const whole = await api.open(String(videoUrl))
  const bytes = Buffer.from(await whole.arrayBuffer())
  const part = await api.open(String(videoUrl), { range: 'bytes=0-99' })
  const firstBytes = Buffer.from(await part.arrayBuffer())
  return [
    expectEqual('The videoUrl opens without any header', [whole.status, whole.headers.get('content-type')], [200, 'video/mp4']),
    expectEqual('… to an MP4 file', bytes.toString('latin1', 4, 8), 'ftyp'),
    expectEqual('… of which a player can ask for a part', [part.status, part.headers.get('content-range'), firstBytes.equals(bytes.subarray(0, 100))], [206, `bytes 0-99/${bytes.length}`, true])
  ]
}

export async function checkLineage (api: Api, { videoId }: Json, source: Json): Promise<Finding[]> {
  const { rootId, nodes = [] } = await api.data('GET', `${TASKS}/${videoId}/lineage`)
  const tree = nodes.map((node: Json) => [node.videoId, node.parentId])
  return [expectEqual('The lineage leads from the remix to its source', { rootId, tree }, { rootId: source.videoId, tree: [[source.videoId, null], [videoId, source.videoId]] })]
}

export async function checkErrors (api: Api): Promise<Finding[]> {
  const unknown = await api.request('POST', `${TASKS}/video_1763548734878_dbtefyv/remix`, { prompt: '添加一只小猫' })
  const empty = await api.request('POST', TASKS, { prompt: '' })
  return [
    expectEqual('A remix of an unknown video is refused', verdict(unknown), [404, 'TASK_NOT_FOUND', true]),
    expectEqual('So is an empty prompt, by its name', [...verdict(empty), empty.body.details?.[0]?.field], [400, 'REQUEST_INVALID', true, 'prompt'])
  ]
}

/** Status, code, and whether there is a sentence and a hint. */
function verdict ({ status, body: { success, code, error, hint } }: Answer) {
  return [status, code, success === false && Boolean(error) && Boolean(hint)]
}

function keys (value: Json): string[] {
  return Object.keys(value).sort()
}
