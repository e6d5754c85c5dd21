export const TASK_STATUSES = ['QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const
export type TaskStatus = typeof TASK_STATUSES[number]

export const ACTIVE_STATUSES = ['QUEUED', 'PROCESSING'] as const satisfies readonly TaskStatus[]

export const TASK_TYPES = ['generation', 'remix', 'edit', 'extend'] as const
export type TaskType = typeof TASK_TYPES[number]

export function isActive (status: TaskStatus): boolean {
  return status === 'QUEUED' || status === 'PROCESSING'
}
