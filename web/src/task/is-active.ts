import type { Task } from '../api/client.ts'

/** Whether it may still change by itself. */
export function isActive ({ status }: Pick<Task, 'status'>): boolean {
  return status === 'QUEUED' || status === 'PROCESSING'
}
