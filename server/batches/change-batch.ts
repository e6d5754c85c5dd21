import type { ServerContext } from '../context.ts'
import { ReelayError } from '../errors.ts'
import { scheduleBatchSubmission } from '../queues/queues.ts'
import { cancelTask } from '../tasks/cancel-task.ts'
import { reopenTask } from '../tasks/retry-task.ts'
import { findOwnTaskOrThrow } from '../tasks/task-repository.ts'
import type { CancelResult } from '../upstreams/upstream.ts'
import { findOwnBatchOrThrow, listFailed, listUnfinished } from './batch-repository.ts'

/** Enough to hide the round trips, and few enough to leave the database to others. */
const AT_ONCE = 4

/** What became of one task; an error when it was refused for this one. */
export type Change<Outcome> = { videoId: string } & ({ outcome: Outcome } | { error: ReelayError })

/** Cancels every unfinished task as far as that is possible, and says of each how far. */
export async function cancelBatch (context: ServerContext, userId: string, batchId: string): Promise<Array<Change<CancelResult>>> {
  const { id } = await findOwnBatchOrThrow(context.db, userId, batchId)
  return await changeEach(await listUnfinished(context.db, id), async videoId => (await cancelTask(context, userId, videoId)).outcome)
}

/** Puts every FAILED task back in line, as a new attempt. What may have been made and billed only with `acceptDuplicateRisk`. */
export async function retryBatch (context: ServerContext, userId: string, batchId: string, acceptDuplicateRisk: boolean): Promise<Array<Change<'queued'>>> {
  const { id } = await findOwnBatchOrThrow(context.db, userId, batchId)
  return await changeEach(await listFailed(context.db, id), async (videoId): Promise<'queued'> => {
    const task = await findOwnTaskOrThrow(context.db, userId, videoId)
    await reopenTask(context, task, acceptDuplicateRisk, scheduleBatchSubmission)
    return 'queued'
  })
}

/** Answers in the order of the tasks. */
async function changeEach<Outcome> (tasks: Array<{ id: string }>, change: (videoId: string) => Promise<Outcome>): Promise<Array<Change<Outcome>>> {
  const changes: Array<Change<Outcome>> = []
  const waiting = tasks.entries()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [index, { id }] of waiting) changes[index] = await changeOne(id, change)
  }))
  return changes
}

async function changeOne<Outcome> (videoId: string, change: (videoId: string) => Promise<Outcome>): Promise<Change<Outcome>> {
  try {
    return { videoId, outcome: await change(videoId) }
  } catch (error) {
    if (error instanceof ReelayError) return { videoId, error }
    throw error
  }
}
