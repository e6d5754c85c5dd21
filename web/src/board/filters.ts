import type { Task } from '../api/client.ts'

/** What the board shows; kept in its address, so that it can be linked and survives a reload. */
export interface Filters { q: string, status: Task['status'] | '', type: Task['type'] | '', favourites: boolean }

export const STATUSES = ['QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const
export const TYPES = ['generation', 'remix', 'edit', 'extend'] as const

export function readFilters (search: string): Filters {
  const query = new URLSearchParams(search)
  return {
    q: query.get('q') ?? '',
    status: STATUSES.find(status => status === query.get('status')) ?? '',
    type: TYPES.find(type => type === query.get('type')) ?? '',
    favourites: query.has('favourites')
  }
}

/** The batch whose standing is shown above the cards. */
export function readBatch (search: string): string | undefined {
  return new URLSearchParams(search).get('batch') ?? undefined
}

export function writeFilters ({ q, status, type, favourites }: Filters, batchId?: string): string {
  const query = new URLSearchParams()
  if (q) query.set('q', q)
  if (status) query.set('status', status)
  if (type) query.set('type', type)
  if (favourites) query.set('favourites', '')
  if (batchId) query.set('batch', batchId)
  return query.size > 0 ? `/?${query}` : '/'
}

/** Whether a task that just changed still belongs to what is shown. */
export function isShown ({ status, type }: Pick<Filters, 'status' | 'type'>, task: Task): boolean {
  return (!status || task.status === status) && (!type || task.type === type)
}
