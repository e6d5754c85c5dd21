import type { Api, Json } from './api.ts'

const UPDATES = '/api/sse/task-updates'
const ENDED = new Set(['COMPLETED', 'FAILED', 'CANCELLED'])

/** A change of the task, and when it was seen. */
export interface Update { at: Date, progress: number, status: string }

/**
 * Submits a task once the stream stands, so that nothing of it is missed, and tells every change until it has ended.
 * Answers with what `submit` did.
 */
export async function followTask<T extends { videoId: string }> (api: Api, submit: () => Promise<T>, onUpdate: (update: Update) => void): Promise<T> {
  let submitted: T | undefined
  for await (const { type, payload } of api.events(UPDATES)) {
    if (type === 'snapshotEnd') submitted ??= await submit()
    const task = submitted && await newsOf(api, submitted.videoId, type, payload)
    if (!task) continue
    onUpdate({ at: new Date(), progress: task.progress, status: task.status })
    if (ENDED.has(task.status)) return submitted!
  }
  throw new Error('A stream has no end')
}

/** After a reset the stream says nothing of what was before: the task itself does. */
async function newsOf (api: Api, videoId: string, type: string, payload: Json | undefined): Promise<Json | undefined> {
  if (type === 'reset') return await api.data('GET', `/api/video/tasks/${videoId}`)
  return payload?.videoId === videoId ? payload : undefined
}
