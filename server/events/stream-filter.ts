import type { TaskView } from '../tasks/task-repository.ts'
import { batchFrame, statusFrame, type Frame } from './frames.ts'
import type { Reader } from '../tasks/present-task.ts'
import type { FinishedBatch } from '../batches/finish-batch.ts'
import type { FeedEvent } from './task-feed.ts'

/** What a stream is about. */
export interface StreamFilter {
  /** The one task that it is about. */
  videoId?: string
  tasks: (view: TaskView) => boolean
  batches: (batchId: string) => boolean
}

/** The frame of an event; undefined when the stream is about something else, or the task was deleted since. */
export function frameOf ({ event, view }: FeedEvent, filter: StreamFilter, reader: Reader): Frame | undefined {
  if (event.kind === 'batch') return filter.batches((event.detail as FinishedBatch).batchId) ? batchFrame(event) : undefined
  return view && filter.tasks({ ...view, status: event.status }) ? statusFrame(event, view, reader) : undefined
}
