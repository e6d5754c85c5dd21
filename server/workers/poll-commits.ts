import { sql, type RawBuilder } from 'kysely'
import type { PgBoss } from 'pg-boss'
import type { ServerContext } from '../context.ts'
import type { Db, Task } from '../database/tables.ts'
import { holdBatches } from '../batches/finish-batch.ts'
import { beginSaving } from '../tasks/begin-saving.ts'
import { ACTIVE_STATUSES } from '../tasks/statuses.ts'
import { failTask, transitionTask } from '../tasks/transitions.ts'
import type { ClaimedPoll } from './poll-claims.ts'
import type { PollDecision } from './poll-decision.ts'
import { pollJobs, type TaskJob } from '../queues/queues.ts'
import { recordRunTimes, type FinishedRun } from '../cadence/run-time-profiles.ts'
import { settleSuspects } from './suspects.ts'

/** One poll that is over: what it was about, and what follows. */
export interface PollOutcome {
  poll: ClaimedPoll
  decision: PollDecision
}

type Ending = PollOutcome & { decision: Exclude<PollDecision, { kind: 'wait' }> }

/**
 * Writes a group of outcomes in one transaction: poll rows, endings with their events, and the next jobs. Every write is
 * fenced by the lease taken with the poll, so a process that woke from a long stop changes nothing. Answers with the tasks whose status changed, and the attempts whose video is to be copied now.
 */
export async function commitPolls ({ db, boss }: Pick<ServerContext, 'db' | 'boss'>, polled: readonly PollOutcome[]): Promise<{ changed: Task[], finished: TaskJob[] }> {
  return await db.transaction().execute(async trx => {
    // All of them before anything else is held, and in one order.
    const ended = polled.filter(({ decision: { kind } }) => kind === 'fail' || kind === 'cancel').map(({ poll }) => poll.task_id)
    if (ended.length > 0) await holdBatches(trx, ended)
    const outcomes = await settleSuspects(trx, polled)
    const changed: Task[] = []
    const finished: TaskJob[] = []
    const followUps: PollOutcome[] = []
    const runs: FinishedRun[] = []
    for (const outcome of outcomes.filter(isEnding)) {
      if (!await releaseLease(trx, outcome)) continue
      if (keepPollingMs(outcome) !== undefined) followUps.push(outcome)
      if (isRunOver(outcome)) runs.push(finishedRun(outcome))
      const ended = await applyEnding(trx, boss, outcome.poll, outcome.decision)
      if (ended.changed) changed.push(ended.changed)
      if (ended.wanted) finished.push({ taskId: outcome.poll.task_id, attempt: outcome.poll.attempt })
    }
    await writeNext(trx, outcomes, followUps)
    await recordRunTimes(trx, runs)
    return { changed, finished }
  })
}

/** Moves on the rows that are polled again, and writes the jobs of those really written, and of the follow-ups. */
async function writeNext (trx: Db, outcomes: readonly PollOutcome[], followUps: readonly PollOutcome[]): Promise<void> {
  const waits = outcomes.flatMap(waitRow)
  if (waits.length + followUps.length === 0) return
  await sql`
    with written as (${moveOn(waits)}),
    next as (
      select * from written
      union all
      select * from jsonb_to_recordset(${JSON.stringify(followUps.map(followUpRow))}::jsonb) as r (task_id text, attempt int, channel_id text, external_task_id text, delay_ms float8)
    )
    ${pollJobs()}`.execute(trx)
}

function moveOn (waits: ReturnType<typeof waitRow>): RawBuilder<unknown> {
  return sql`
    update task_polls p
    set next_poll_at = now() + r.delay_ms * interval '1 millisecond',
        lease_token = null,
        lease_until = null,
        polls = p.polls + r.polled,
        failures = r.failures,
        missing = r.missing,
        missing_since = case when r.missing > 0 then coalesce(p.missing_since, now()) end,
        progress = greatest(p.progress, r.progress),
        progress_source = r.progress_source,
        stage = r.stage,
        queue_position = r.queue_position,
        estimated_completion_at = case when r.polled = 1 and r.failures = 0 then now() + r.estimate_ms * interval '1 millisecond' else p.estimated_completion_at end,
        polled_after_ms = case when r.polled = 1 then r.elapsed_ms else p.polled_after_ms end,
        progress_after_ms = case when r.progress > p.progress then r.elapsed_ms else p.progress_after_ms end,
        changed_at = case when (p.progress, p.stage, p.queue_position) is distinct from (greatest(p.progress, r.progress), r.stage, r.queue_position) then now() else p.changed_at end
    from jsonb_to_recordset(${JSON.stringify(waits)}::jsonb) as r (
      task_id text, attempt int, lease_token uuid, delay_ms float8, polled int, failures int, missing int,
      progress smallint, progress_source text, stage text, queue_position int, estimate_ms float8, elapsed_ms float8, external_task_id text, few int)
    -- Always null. For the planner, as in claimPolls.
    where r.few is null and p.task_id = r.task_id and p.attempt = r.attempt and p.lease_token = r.lease_token
    returning p.task_id, p.attempt, p.channel_id, r.external_task_id, r.delay_ms`
}

function followUpRow ({ poll, decision }: PollOutcome) {
  return { task_id: poll.task_id, attempt: poll.attempt, channel_id: poll.channel_id, external_task_id: poll.external_task_id, delay_ms: keepPollingMs({ decision }) }
}

function waitRow ({ poll, decision }: PollOutcome) {
  if (decision.kind !== 'wait') return []
  const { news } = decision
  return [{
    task_id: poll.task_id,
    attempt: poll.attempt,
    lease_token: poll.lease_token,
    external_task_id: poll.external_task_id,
    delay_ms: decision.delayMs,
    polled: decision.polled ? 1 : 0,
    failures: news.failures,
    missing: news.missing,
    progress: news.progress,
    progress_source: news.progressSource,
    stage: news.stage,
    queue_position: news.queuePosition,
    estimate_ms: news.estimateMs,
    elapsed_ms: poll.elapsed_ms
  }]
}

/** Closes the chain, or leaves it open where something paid for may still turn up. False: the lease was lost, nothing may be written. */
async function releaseLease (trx: Db, { poll, decision }: Ending): Promise<boolean> {
  const keepMs = keepPollingMs({ decision })
  const released = await trx
    .updateTable('task_polls')
    .set({
      next_poll_at: keepMs === undefined ? null : sql`now() + ${keepMs} * interval '1 millisecond'`,
      lease_token: null,
      lease_until: null,
      polls: sql`polls + 1`,
      queue_position: null,
      estimated_completion_at: null,
      ...decision.kind === 'complete' && { stage: 'saving', changed_at: sql`now()` }
    })
    .where('task_id', '=', poll.task_id)
    .where('attempt', '=', poll.attempt)
    .where('lease_token', '=', poll.lease_token)
    .executeTakeFirst()
  return released.numUpdatedRows > 0n
}

function keepPollingMs ({ decision }: Pick<PollOutcome, 'decision'>): number | undefined {
  return decision.kind === 'fail' ? decision.delayMs : undefined
}

async function applyEnding (trx: Db, boss: PgBoss, poll: ClaimedPoll, decision: Ending['decision']): Promise<{ changed?: Task, wanted?: boolean }> {
  const { task_id: taskId, attempt } = poll
  switch (decision.kind) {
    case 'stop': return {}
    case 'complete': return await beginSaving(trx, boss, { taskId, attempt }, decision.result)
    case 'fail': return { changed: await failTask(trx, taskId, attempt, decision.code, decision.detail, decision.class) }
    case 'cancel': return { changed: await transitionTask(trx, { taskId, attempt, from: ACTIVE_STATUSES, to: 'CANCELLED', changes: { completed_at: sql`now()` as never } }) }
  }
}

/** By the upstream's own word, well or badly: both are to be seen soon. */
function isRunOver ({ decision }: Ending): boolean {
  return decision.kind === 'complete' || (decision.kind === 'fail' && (decision.code === 'UPSTREAM_FAILED' || decision.code === 'UPSTREAM_MODERATED'))
}

function finishedRun ({ poll }: Ending): FinishedRun {
  return {
    channelId: poll.channel_id,
    model: poll.model,
    duration: poll.duration,
    afterMs: poll.polled_after_ms,
    untilMs: poll.elapsed_ms,
    progress: { value: poll.progress, atMs: poll.progress_after_ms }
  }
}

function isEnding (outcome: PollOutcome): outcome is Ending {
  return outcome.decision.kind !== 'wait'
}
