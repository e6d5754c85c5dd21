import { Type, type Static, type TObject } from 'typebox'
import { TASK_STATUSES, TASK_TYPES } from '../../server/tasks/statuses.ts'
import type { StreamFilter } from '../../server/events/stream-filter.ts'
import { FORMS } from '../../server/text-forms.ts'

export const StreamFilters = {
  status: Type.Optional(Type.String({ pattern: FORMS.statuses, description: `Only these, comma-separated: ${TASK_STATUSES.join(', ')}` })),
  type: Type.Optional(Type.Enum([...TASK_TYPES], { description: 'Only tasks of this type' })),
  videoId: Type.Optional(Type.String({ description: 'Only this task; it begins with its state, also when it has ended' })),
  batchId: Type.Optional(Type.String({ description: 'Only the tasks of this batch, and its end' }))
}

/** What a stream with these filters is about. Those that choose among tasks leave batches out. */
export function createFilter ({ status, type, videoId, batchId }: Static<TObject<typeof StreamFilters>>): StreamFilter {
  const statuses = status === undefined ? undefined : new Set(status.split(','))
  const isOfBatch = (id: string | null) => batchId === undefined || id === batchId
  return {
    videoId,
    tasks: view => (!statuses || statuses.has(view.status)) && (type === undefined || view.type === type) && (videoId === undefined || view.id === videoId) && isOfBatch(view.batch_id),
    batches: id => !statuses && type === undefined && videoId === undefined && isOfBatch(id)
  }
}
