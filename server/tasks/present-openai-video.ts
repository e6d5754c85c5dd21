import { isErrorCode, receiptMessage, sentence, type ErrorCode } from '../errors.ts'
import type { Locale } from '../locales/choose-locale.ts'
import { presentProgress } from './present-task.ts'
import { isActive } from './statuses.ts'
import type { TaskView } from './task-repository.ts'

/** What the contract takes a video without a size or a length to have. */
const DEFAULT_SIZE = '720x1280'
const DEFAULT_SECONDS = '4'
const SIZES: Readonly<Record<string, string>> = { '16:9': '1280x720', '9:16': '720x1280' }

/** Between two looks of a client: at least, at most, and with nothing known, in milliseconds. */
const POLL_AFTER = { least: 1_000, most: 10_000, unknown: 5_000 }

/** The code in `error.code` of a failed video where OpenAI's own is known, or ours would say too little. */
const VIDEO_ERRORS: Partial<Record<ErrorCode, string>> = { UPSTREAM_MODERATED: 'moderation_blocked' }

/** A task as OpenAI's Videos API shows it: always the same 13 keys, four statuses, whole seconds. */
export function presentOpenaiVideo (task: TaskView, locale: Locale) {
  const status = statusOf(task)
  return {
    id: task.id,
    object: 'video' as const,
    model: task.model,
    status,
    progress: status === 'queued' ? 0 : presentProgress(task).progress,
    created_at: seconds(task.created_at),
    completed_at: status === 'completed' && task.completed_at ? seconds(task.completed_at) : null,
    expires_at: task.expires_at ? seconds(task.expires_at) : null,
    prompt: task.prompt,
    size: task.size ?? SIZES[task.aspect_ratio ?? ''] ?? DEFAULT_SIZE,
    seconds: task.duration === null ? DEFAULT_SECONDS : String(Number(task.duration)),
    remixed_from_video_id: task.remix_from,
    error: status === 'failed' ? errorOf(task, locale) : null
  }
}

/** When a client should look again, in milliseconds: sooner the nearer the end is. Undefined once nothing will change. */
export function pollAfterMs (task: TaskView, now: Date): number | undefined {
  if (!isActive(task.status)) return undefined
  const { estimatedCompletionAt } = presentProgress(task)
  if (!estimatedCompletionAt) return POLL_AFTER.unknown
  const left = (estimatedCompletionAt.getTime() - now.getTime()) / 4
  return Math.round(Math.min(Math.max(left, POLL_AFTER.least), POLL_AFTER.most))
}

function statusOf ({ status }: TaskView): 'queued' | 'in_progress' | 'completed' | 'failed' {
  switch (status) {
    case 'QUEUED': return 'queued'
    case 'PROCESSING': return 'in_progress'
    case 'COMPLETED': return 'completed'
    // The contract knows no fifth status: a client that meets one polls for ever, or stops as if all were well.
    default: return 'failed'
  }
}

function errorOf ({ status, error_code: code, error_detail: reason }: TaskView, locale: Locale): { code: string, message: string } {
  if (status === 'CANCELLED') return { code: 'cancelled', message: receiptMessage('cancelled', locale) }
  const known = code !== null && isErrorCode(code) ? code : 'UPSTREAM_FAILED'
  return { code: VIDEO_ERRORS[known] ?? known.toLowerCase(), message: sentence(known, locale, { reason: reason ?? '' }).message }
}

function seconds (date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
