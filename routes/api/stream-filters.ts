import { Type, type Static, type TObject } from 'typebox'
import { TASK_STATUSES, TASK_TYPES } from '../../server/tasks/statuses.ts'
import type { TaskView } from '../../server/tasks/task-repository.ts'

export const StreamFilters = {
  status: Type.Optional(Type.String({ pattern: `^(${TASK_STATUSES.join('|')})(,(${TASK_STATUSES.join('|')}))*$`, description: `Only these, comma-separated: ${TASK_STATUSES.join(', ')}` })),
  type: Type.Optional(Type.Enum([...TASK_TYPES], { description: 'Only tasks of this type' })),
  videoId: Type.Optional(Type.String({ description: 'Only this task' }))
}

/** Whether a task is one that a stream with these filters is about. */
export function createFilter ({ status, type, videoId }: Static<TObject<typeof StreamFilters>>): (view: TaskView) => boolean {
  const statuses = status === undefined ? undefined : new Set(status.split(','))
  return view => (!statuses || statuses.has(view.status)) && (type === undefined || view.type === type) && (videoId === undefined || view.id === videoId)
}
