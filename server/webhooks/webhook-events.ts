import type { Task, WebhookEndpoint } from '../database/tables.ts'

export const TASK_EVENTS = ['task.created', 'task.processing', 'task.completed', 'task.failed', 'task.cancelled'] as const
/** No task of a batch is unfinished any more. */
export const BATCH_COMPLETED = 'batch.completed'
export const REELAY_EVENTS = [...TASK_EVENTS, BATCH_COMPLETED] as const
/** OpenAI's names, for endpoints of its format. */
export const VIDEO_EVENTS = ['video.completed', 'video.failed'] as const
/** What a callbackUrl hears: how it ended. */
export const CALLBACK_EVENTS = ['task.completed', 'task.failed', 'task.cancelled'] as const

export const EVENTS_OF: Record<WebhookEndpoint['format'], readonly string[]> = { reelay: REELAY_EVENTS, openai: VIDEO_EVENTS }

/** What a status change is called in each format. Undefined: nobody is told that a task waits once more. */
export function eventNames ({ status, stage, attempt }: Pick<Task, 'status' | 'stage' | 'attempt'>): Record<WebhookEndpoint['format'], string> | undefined {
  if (status === 'QUEUED') return attempt === 1 && stage === 'accepted' ? { reelay: 'task.created', openai: 'video.queued' } : undefined
  const name = status.toLowerCase()
  // OpenAI knows no cancelled video: it has failed.
  return { reelay: `task.${name}`, openai: `video.${name === 'cancelled' ? 'failed' : name}` }
}
