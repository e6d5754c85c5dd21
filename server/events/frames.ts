import type { FinishedBatch } from '../batches/finish-batch.ts'
import { presentError, presentProgress, type Reader } from '../tasks/present-task.ts'
import type { TaskView } from '../tasks/task-repository.ts'
import { reasonOf, type LoggedEvent } from './event-log.ts'

/** One `data:` object of a stream (DESIGN §8). */
export type Frame =
  | { type: 'taskUpdate', timestamp: number, payload: ReturnType<typeof presentUpdate> }
  | { type: 'batchUpdate', timestamp: number, payload: FinishedBatch & { status: 'COMPLETED', progress: 100 } }
  | { type: 'snapshotEnd', truncated: boolean }
  | { type: 'reset' }

/** A task's present state: progress, or a line of the snapshot. */
export function progressFrame (view: TaskView, reader: Reader): Frame {
  return { type: 'taskUpdate', timestamp: Date.now(), payload: presentUpdate(view, reader) }
}

/** A status change: status, stage, progress and error are the event's, everything else is as it is now. */
export function statusFrame (event: LoggedEvent, view: TaskView, reader: Reader): Extract<Frame, { type: 'taskUpdate' }> {
  const asItWas: TaskView = {
    ...view,
    status: event.status,
    stage: event.stage,
    attempt: event.attempt,
    progress: event.progress,
    live_stage: null,
    live_progress: event.attempt === view.attempt && event.status === 'PROCESSING' ? view.live_progress : null,
    error_code: event.error_code,
    error_detail: reasonOf(event)
  }
  return { type: 'taskUpdate', timestamp: event.created_at.getTime(), payload: presentUpdate(asItWas, reader) }
}

/** A batch that has no unfinished task any more, as it stood then. */
export function batchFrame (event: LoggedEvent): Extract<Frame, { type: 'batchUpdate' }> {
  const { batchId, total, counts } = event.detail as FinishedBatch
  return { type: 'batchUpdate', timestamp: event.created_at.getTime(), payload: { batchId, status: 'COMPLETED', progress: 100, total, counts } }
}

function presentUpdate (view: TaskView, { locale, contentUrl }: Reader) {
  const { errorCode, errorMessage } = presentError(view, locale)
  const { stage, progress } = presentProgress(view)
  return {
    videoId: view.id,
    externalTaskId: view.external_task_id,
    clientRequestId: view.client_request_id,
    type: view.type,
    status: view.status,
    stage,
    attempt: view.attempt,
    progress,
    videoUrl: view.status === 'COMPLETED' ? contentUrl(view.id) : null,
    thumbnailUrl: view.status === 'COMPLETED' && view.has_thumbnail ? contentUrl(view.id, 'thumbnail') : null,
    remixedFrom: view.remix_from,
    metadata: view.metadata,
    errorCode,
    error: errorMessage
  }
}
