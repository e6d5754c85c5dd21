import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerContext } from '../../server/context.ts'
import { claimPolls } from '../../server/workers/poll-claims.ts'
import { commitPolls } from '../../server/workers/poll-commits.ts'
import { decide } from '../../server/workers/poll-decision.ts'
import { PollStats } from '../../server/workers/poll-stats.ts'
import { POLL_TASK, type TaskJob } from '../../server/queues/queues.ts'

/** As many as the engine gives one channel. */
const WORKERS = 64

/** The baseline: the same queries for one job at a time, as a `boss.work` handler with its own transaction would run them. */
export function startOneByOne (context: ServerContext) {
  const stats = new PollStats()
  const stopping = new AbortController()
  const workers = Array.from({ length: WORKERS }, () => work())

  async function work (): Promise<void> {
    while (!stopping.signal.aborted) {
      if (!await pollOne(context, stats)) await sleep(100)
    }
  }

  return {
    stats,
    async stop () {
      stopping.abort()
      await Promise.all(workers)
    }
  }
}

async function pollOne (context: ServerContext, stats: PollStats): Promise<boolean> {
  const { boss, db, upstreams, config } = context
  const [job] = await boss.fetch<TaskJob>(POLL_TASK)
  if (!job) return false
  const [poll] = await claimPolls(db, [job.data])
  if (!poll) return true
  const upstream = await upstreams.forAttempt(poll)
  const askedAt = performance.now()
  const reply = await upstream.poll({ externalTaskId: poll.external_task_id }, AbortSignal.timeout(20_000))
  stats.record(poll.channel_id, reply.state, poll.late_ms)
  stats.recordCall(poll.channel_id, performance.now() - askedAt)
  await commitPolls(context, [{ poll, decision: decide({ ...config, minPollMs: 0 }, poll, reply, false) }])
  await boss.deleteJob(POLL_TASK, job.id)
  return true
}
