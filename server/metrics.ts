import type { RecordableHistogram } from 'node:perf_hooks'
import type { PgBoss } from 'pg-boss'
import { sql } from 'kysely'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Upstreams } from './channels/upstreams.ts'
import type { Db } from './database/tables.ts'
import type { TaskFeed } from './events/task-feed.ts'
import { CONFIRM_TASK, DELIVER_WEBHOOK, POLL_TASK, SUBMIT_TASK } from './queues/queues.ts'
import type { PollStats } from './workers/poll-stats.ts'

export interface MetricsSources {
  db: Db
  boss: PgBoss
  feed: TaskFeed
  /** Absent in a process without workers. */
  pollStats: PollStats | undefined
  /** Tries of webhook deliveries by how they ended; absent as well. */
  webhookOutcomes: Record<string, number> | undefined
  upstreams: Pick<Upstreams, 'breakerStates'>
}

const QUANTILES = [0.5, 0.9, 0.99] as const

/** What /metrics tells. Everything is read when it is asked for; nothing is counted on the hot path for it alone. */
export function createMetrics (sources: MetricsSources): Registry {
  const registry = new Registry()
  // Memory, CPU and the event loop's delay.
  collectDefaultMetrics({ register: registry })
  addTasks(registry, sources.db)
  addQueues(registry, sources.boss)
  addFeed(registry, sources.feed)
  addBreakers(registry, sources.upstreams)
  addWebhooks(registry, sources)
  addMedia(registry, sources.db)
  if (sources.pollStats) addPolls(registry, sources.pollStats)
  return registry
}

function addTasks (registry: Registry, db: Db): void {
  gauge(registry, 'reelay_tasks', 'Unfinished tasks by status and stage', ['status', 'stage'], async tasks => {
    const rows = await db
      .selectFrom('tasks')
      .leftJoin('task_polls as p', join => join.onRef('p.task_id', '=', 'tasks.id').onRef('p.attempt', '=', 'tasks.attempt'))
      .select(['status', eb => eb.fn.coalesce('p.stage', 'tasks.stage').as('stage'), eb => eb.fn.countAll<string>().as('count')])
      .where('status', 'in', ['QUEUED', 'PROCESSING'])
      .groupBy(['status', eb => eb.fn.coalesce('p.stage', 'tasks.stage')])
      .execute()
    for (const { status, stage, count } of rows) tasks.set({ status, stage }, Number(count))
  })
}

function addQueues (registry: Registry, boss: PgBoss): void {
  gauge(registry, 'reelay_queue_jobs', 'Jobs of a pg-boss queue by state, at most a minute old; polls in hand have a lease, and no job', ['queue', 'state'], async jobs => {
    for (const queue of [SUBMIT_TASK, POLL_TASK, CONFIRM_TASK, DELIVER_WEBHOOK]) {
      const [stats] = await boss.getQueueStats(queue, { force: true })
      if (!stats) continue
      jobs.set({ queue, state: 'deferred' }, stats.deferredCount)
      jobs.set({ queue, state: 'ready' }, stats.readyCount)
      jobs.set({ queue, state: 'active' }, stats.activeCount)
    }
  })
}

function addFeed (registry: Registry, feed: TaskFeed): void {
  gauge(registry, 'reelay_feed_stall_seconds', 'Age of the oldest event held back by an open transaction', [], stall => stall.set(feed.stallMs / 1000))
  gauge(registry, 'reelay_feed_subscribers', 'Open streams of this process', [], subscribers => subscribers.set(feed.subscriberCount))
}

function addBreakers (registry: Registry, upstreams: MetricsSources['upstreams']): void {
  gauge(registry, 'reelay_channel_breaker_open', 'Whether this process leaves a failing upstream alone: 1 while it does or probes', ['channel'], breakers => {
    for (const [channel, state] of Object.entries(upstreams.breakerStates())) breakers.set({ channel }, state === 'closed' ? 0 : 1)
  })
}

function addWebhooks (registry: Registry, { db, webhookOutcomes }: MetricsSources): void {
  gauge(registry, 'reelay_webhook_tries_total', 'Tries of webhook deliveries of this process by how they left them: pending waits for the next try, disabled ended their webhook too', ['outcome'], tries => {
    for (const [outcome, count] of Object.entries(webhookOutcomes ?? {})) tries.set({ outcome }, count)
  })
  gauge(registry, 'reelay_webhook_deliveries_pending', 'Webhook deliveries not made yet: due, or waiting for their next try', [], async pending => {
    const { count } = await db.selectFrom('webhook_deliveries').select(eb => eb.fn.countAll<string>().as('count')).where('status', '=', 'pending').executeTakeFirstOrThrow()
    pending.set(Number(count))
  })
  gauge(registry, 'reelay_webhook_oldest_pending_seconds', 'Age of the oldest webhook delivery not made yet', [], age => setAge(age, db, 'created_at'))
  gauge(registry, 'reelay_webhook_lateness_seconds', 'How long ago the webhook delivery that waits longest was due', [], late => setAge(late, db, 'next_at'))
}

function addMedia (registry: Registry, db: Db): void {
  gauge(registry, 'reelay_video_copies', 'Finished videos that are to be copied: under_way, waiting for their turn, or failed and waiting for their next try', ['state'], async copies => {
    const state = sql<string>`case when coalesce(lease_until, '-infinity') > now() then 'under_way' when error is null then 'waiting' else 'failed' end`
    const rows = await db.selectFrom('task_saves').select([state.as('state'), eb => eb.fn.countAll<string>().as('count')]).groupBy(state).execute()
    for (const { state, count } of rows) copies.set({ state }, Number(count))
  })
  gauge(registry, 'reelay_media_bytes', 'Bytes kept for tasks by kind; a file that several tasks share counts once', ['kind'], async kept => {
    const files = db.selectFrom('assets').select(['kind', 'sha256', eb => eb.fn.max('size').as('size')]).groupBy(['kind', 'sha256']).as('files')
    const rows = await db.selectFrom(files).select(['kind', eb => eb.fn.sum<string>('size').as('bytes')]).groupBy('kind').execute()
    for (const { kind, bytes } of rows) kept.set({ kind }, Number(bytes))
  })
}

async function setAge (age: Gauge, db: Db, since: 'created_at' | 'next_at'): Promise<void> {
  const { seconds } = await db
    .selectFrom('webhook_deliveries')
    .select(sql<number>`greatest(extract(epoch from now() - min(${sql.ref(since)})), 0)::float8`.as('seconds'))
    .where('status', '=', 'pending')
    .where(sql<boolean>`coalesce(lease_until, '-infinity') <= now()`)
    .executeTakeFirstOrThrow()
  age.set(seconds)
}

function addPolls (registry: Registry, stats: PollStats): void {
  gauge(registry, 'reelay_polls_total', 'Polls of this process by channel and answer', ['channel', 'state'], polls => {
    for (const [channel, { byState }] of stats.channels) {
      for (const [state, count] of Object.entries(byState)) polls.set({ channel, state }, count)
    }
  })
  gauge(registry, 'reelay_poll_lateness_seconds', 'How long after their time polls were sent', ['quantile'], lateness => {
    setQuantiles(stats.latenessMs, (quantile, seconds) => lateness.set({ quantile }, seconds))
  })
  gauge(registry, 'reelay_list_calls_total', 'Calls of this process that asked for many polls at once', ['channel'], calls => {
    for (const [channel, { lists }] of stats.channels) calls.set({ channel }, lists)
  })
  gauge(registry, 'reelay_polls_by_list_total', 'Polls that these calls answered, also among reelay_polls_total', ['channel'], polls => {
    for (const [channel, { byList }] of stats.channels) polls.set({ channel }, byList)
  })
  gauge(registry, 'reelay_upstream_poll_seconds', 'How long upstreams took to answer polls', ['channel', 'quantile'], took => {
    for (const [channel, { tookMs }] of stats.channels) setQuantiles(tookMs, (quantile, seconds) => took.set({ channel, quantile }, seconds))
  })
}

function setQuantiles (histogram: RecordableHistogram, set: (quantile: string, seconds: number) => void): void {
  for (const quantile of QUANTILES) set(String(quantile), histogram.percentile(quantile * 100) / 1000)
}

/** A gauge that is empty until it is read. */
function gauge<Label extends string> (registry: Registry, name: string, help: string, labelNames: Label[], collect: (gauge: Gauge<Label>) => void | Promise<void>): void {
  const created: Gauge<Label> = new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect () {
      created.reset()
      await collect(created)
    }
  })
}
