import { isErrorCode, sentence } from '../errors.ts'
import type { Locale } from '../locales/choose-locale.ts'
import type { ContentVariant } from '../media/signed-urls.ts'
import type { TaskView } from './task-repository.ts'

/** What presenting needs to know of the reader. */
export interface Reader {
  locale: Locale
  /** A signed address of a task's content that needs no header. */
  contentUrl: (videoId: string, variant?: ContentVariant) => string
}

/** A task as the native API shows it (DESIGN §6). The one place where rows become camelCase. */
export function presentTask (task: TaskView, reader: Reader) {
  const { extendBy, ...options } = task.options
  const completed = task.status === 'COMPLETED'
  return {
    videoId: task.id,
    externalTaskId: task.external_task_id,
    type: task.type,
    status: task.status,
    ...presentProgress(task),
    attempt: task.attempt,
    model: task.model,
    channelId: task.channel_id,
    prompt: task.prompt,
    size: task.size,
    aspectRatio: task.aspect_ratio,
    duration: task.duration === null ? null : Number(task.duration),
    options,
    videoUrl: completed ? reader.contentUrl(task.id) : null,
    thumbnailUrl: completed && task.has_thumbnail ? reader.contentUrl(task.id, 'thumbnail') : null,
    metadata: task.metadata,
    remixedFrom: task.remix_from,
    remixCount: Number(task.remix_count),
    ...presentError(task, reader.locale),
    clientRequestId: task.client_request_id,
    batchId: task.batch_id,
    pollCount: task.polls ?? 0,
    createdAt: task.created_at,
    startedAt: task.started_at,
    completedAt: task.completed_at,
    updatedAt: task.updated_at,
    expiresAt: task.expires_at
  }
}

/** While a task runs, polling knows more than its row does. */
export function presentProgress (task: TaskView) {
  const live = task.status === 'PROCESSING'
  return {
    stage: live ? task.live_stage ?? task.stage : task.stage,
    progress: live ? Math.max(task.progress, task.live_progress ?? 0) : task.progress,
    progressSource: task.progress_source ?? 'estimated',
    queuePosition: live ? task.queue_position : placeOf(task),
    estimatedCompletionAt: live ? task.estimated_completion_at : null
  }
}

/** Where the task stands in the line for a full channel. */
function placeOf (task: TaskView): number | null {
  return task.place_in_line === null ? null : Number(task.place_in_line)
}

export function presentError (task: Pick<TaskView, 'error_code' | 'error_detail' | 'status'> & { error_class?: string | null }, locale: Locale) {
  const code = task.error_code
  if (code === null || !isErrorCode(code)) return { errorCode: null, errorMessage: null, errorHint: null }
  const { message, hint } = sentence(code, locale, { reason: task.error_detail ?? '', status: task.status, class: task.error_class ?? '' })
  return { errorCode: code, errorMessage: message, errorHint: hint }
}
