import type { TaskStatus } from './statuses.ts'
import { presentTask, type Reader } from './present-task.ts'
import type { TaskView } from './task-repository.ts'

const STATUSES = { QUEUED: 'QUEUED', PROCESSING: 'IN_PROGRESS', COMPLETED: 'SUCCESS', FAILED: 'FAILURE', CANCELLED: 'FAILURE' } as const satisfies Record<TaskStatus, string>

/** A task as New API shows it at `/v1/video/generations/:id`, without what only its own accounting knows. */
export function presentNewApiTask (task: TaskView, reader: Reader) {
  const { errorMessage, progress, videoUrl } = presentTask(task, reader)
  return {
    id: task.id,
    task_id: task.id,
    action: task.type,
    status: STATUSES[task.status],
    fail_reason: task.status === 'CANCELLED' ? 'cancelled' : errorMessage ?? '',
    result_url: videoUrl ?? '',
    progress: `${progress}%`,
    created_at: seconds(task.created_at),
    updated_at: seconds(task.updated_at),
    submit_time: seconds(task.created_at),
    start_time: seconds(task.started_at),
    finish_time: seconds(task.completed_at),
    properties: { input: task.prompt, origin_model_name: task.model }
  }
}

/** What has not happened is 0 there. */
function seconds (date: Date | null): number {
  return date === null ? 0 : Math.floor(date.getTime() / 1000)
}
