import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { PgBoss } from 'pg-boss'
import type { Upstreams } from '../../server/channels/upstreams.ts'
import { loadConfig } from '../../server/config.ts'
import type { ServerContext } from '../../server/context.ts'
import { createDatabase } from '../../server/database/connect.ts'
import type { Db } from '../../server/database/tables.ts'
import { createLocalStore } from '../../server/media/local-store.ts'
import { Submissions } from '../../server/tasks/submissions.ts'
import { EgressError, type Egress, type EgressStream } from '../../server/upstreams/egress.ts'
import type { ListedJob, PollResult, SubmissionOutcome, SubmissionRequest, Upstream } from '../../server/upstreams/upstream.ts'
import type { PollOutcome } from '../../server/workers/poll-commits.ts'
import { createQueues } from '../../server/queues/queues.ts'
import { RunTimeProfiles } from '../../server/cadence/run-time-profiles.ts'
import { addUser } from '../support/accounts.ts'
import { createTestDatabase } from '../support/database.ts'
import { silentLog } from '../support/silent-log.ts'
import type { Answer, CancelAnswer, ChannelId, FileAnswer, Reply, TaskState, Trouble } from './state-machine-model.ts'

interface Test { teardown (handler: () => unknown): void }

interface Job extends ListedJob { reference: string, channel: ChannelId }

const CLIP = readFileSync(new URL('../../server/sandbox/clip.mp4', import.meta.url))

export interface HeldAnswer { request: SubmissionRequest, made: boolean, channel: ChannelId, give: (outcome: SubmissionOutcome) => void }

/** A provider in memory: says what it was told to say, and keeps a ledger. */
export class Provider {
  readonly jobs: Job[] = []
  /** References whose submission may have been paid for, once for each call that got through. */
  readonly paid: string[] = []
  readonly held: HeldAnswer[] = []
  /** Broken promises of the server's: what a provider never should see. */
  readonly complaints: string[] = []
  /** Channels that take nothing now. */
  readonly trouble = new Map<ChannelId, Trouble>()
  answer: Answer = 'accepted'
  reply: Reply = 'running'
  progress = 0
  cancelAnswer: CancelAnswer = 'requested'
  listing: 'all' | 'nothing' | 'error' = 'all'
  file: FileAnswer = 'video'
  readonly #isUnwanted: (reference: string) => Promise<boolean>
  #onHeld: (held: HeldAnswer) => void = () => {}

  constructor (isUnwanted: (reference: string) => Promise<boolean>) {
    this.#isUnwanted = isUnwanted
  }

  /** Resolves when a submission is held back. */
  untilHeld (): Promise<HeldAnswer> {
    return new Promise(resolve => { this.#onHeld = resolve })
  }

  upstream (channel: ChannelId): Upstream {
    return {
      capabilities: { models: {}, anyModel: true, otherModel: { imageInput: true }, derived: { imageInput: true }, remix: false, edit: false, extend: false, characters: false, cancel: true, list: channel === 'list', webhook: false, pollMany: false, progress: true, createSafety: channel, minPollMs: 0 },
      create: request => this.#create(channel, request),
      poll: async () => this.#poll(),
      content: job => job.result?.videoUrl === undefined ? undefined : { url: job.result.videoUrl, headers: {}, policy: { trust: 'channel' } },
      ...this.cancelAnswer !== 'unsupported' && { cancel: async () => this.#cancel() },
      ...channel === 'list' && { list: async () => this.#list() }
    }
  }

  /** The job of this reference exists from now on. One key makes one job where the provider takes keys. */
  make (channel: ChannelId, { reference, prompt, model }: SubmissionRequest): Job {
    const known = channel === 'idempotent' ? this.jobs.find(job => job.reference === reference) : undefined
    if (known) return known
    const job = { externalTaskId: `ext-${crypto.randomUUID()}`, reference, channel, prompt, model, createdAt: new Date() }
    this.jobs.push(job)
    return job
  }

  /** A submission that was held back had never left. */
  takeBack ({ request }: HeldAnswer): SubmissionOutcome {
    this.paid.splice(this.paid.lastIndexOf(request.reference), 1)
    return UNSENT
  }

  /** The outcome of a submission that was held back. */
  acceptHeld ({ request, made, channel }: HeldAnswer): SubmissionOutcome {
    const known = made ? this.jobs.find(({ reference }) => reference === request.reference) : undefined
    return { outcome: 'accepted', externalTaskId: (known ?? this.make(channel, request)).externalTaskId }
  }

  async #create (channel: ChannelId, request: SubmissionRequest): Promise<SubmissionOutcome> {
    const { answer } = this
    const { reference } = request
    // The same key again is how such a provider is asked.
    if (!this.paid.includes(reference) && await this.#isUnwanted(reference)) this.complaints.push(`${reference} was sent after its cancel`)
    const accepted = ({ externalTaskId }: Job): SubmissionOutcome => ({ outcome: 'accepted', externalTaskId })
    const trouble = this.trouble.get(channel)
    if (trouble) return TROUBLES[trouble]
    switch (answer) {
      case 'refused': return { outcome: 'refused', failure: { class: 'invalid_input', message: 'no' } }
      case 'rateLimited': return TROUBLES.busy
      case 'unsent': return UNSENT
    }
    this.paid.push(reference)
    switch (answer) {
      case 'accepted': return accepted(this.make(channel, request))
      case 'idOfAnother': return accepted(this.jobs.findLast(job => job.channel === channel) ?? this.make(channel, request))
      case 'lostMade':
        this.make(channel, request)
        return LOST
      case 'lostUnmade': return LOST
      default: return await this.#hold(channel, request, answer === 'heldMade')
    }
  }

  #hold (channel: ChannelId, request: SubmissionRequest, made: boolean): Promise<SubmissionOutcome> {
    if (made) this.make(channel, request)
    return new Promise(resolve => {
      const held = { request, made, channel, give: resolve }
      this.held.push(held)
      this.#onHeld(held)
    })
  }

  #poll (): PollResult {
    const failure = { class: 'unknown' as const, message: 'no' }
    switch (this.reply) {
      case 'running': return { state: 'running', stage: 'generating', progress: this.progress }
      case 'completed': return { state: 'completed', result: { videoUrl: 'https://upstream.test/video.mp4' } }
      case 'withoutVideo': return { state: 'completed', result: {} }
      case 'failed': return { state: 'failed', failure }
      case 'cancelled': return { state: 'cancelled' }
      case 'missing': return { state: 'missing', failure }
      case 'garbage': return { state: 'unavailable', failure }
    }
  }

  /** The finished video's bytes. */
  readonly egress = {
    stream: async (): Promise<EgressStream> => {
      if (this.file === 'away') throw new EgressError('connect', 'connection refused', { sent: false })
      const bytes = this.file === 'video' ? CLIP : Buffer.from('no video')
      return { status: 200, headers: { 'content-type': 'video/mp4', 'content-length': String(bytes.length) }, body: Readable.from([bytes]) }
    }
  } as unknown as Egress

  #cancel () {
    if (this.cancelAnswer === 'lost') throw new Error('the connection broke')
    return this.cancelAnswer
  }

  #list (): ListedJob[] {
    if (this.listing === 'error') throw new Error('the list cannot be read')
    return this.listing === 'nothing' ? [] : this.jobs.filter(job => job.channel === 'list').toReversed()
  }
}

export const UNSENT: SubmissionOutcome = { outcome: 'unsent', failure: { class: 'unavailable', message: 'connection refused' } }
const TROUBLES: Record<Trouble, SubmissionOutcome> = {
  down: UNSENT,
  wrongKey: { outcome: 'refused', failure: { class: 'auth', message: 'no such key' } },
  busy: { outcome: 'refused', failure: { class: 'rate_limit', message: 'slowly', retryAfterMs: 60_000 } }
}
export const LOST: SubmissionOutcome = { outcome: 'unknown', failure: { class: 'unknown', message: 'the answer was lost' } }

/** The first of these that is in no trouble gets what names none. */
export const CHANNELS: readonly ChannelId[] = ['list', 'none', 'idempotent']

export type World = Awaited<ReturnType<typeof createWorld>>
export type Life = ReturnType<World['begin']>

/** A process of the server's without its workers, on a database of its own: tests say what it does next. */
export async function createWorld (t: Test) {
  const url = await createTestDatabase(t)
  const db = createDatabase(url, 6)
  const boss = new PgBoss({ connectionString: url, schema: 'pgboss', migrate: false, createSchema: false, supervise: false, schedule: false, max: 4 })
  boss.on('error', () => {})
  await boss.start()
  t.teardown(async () => {
    await boss.stop({ graceful: false })
    await db.destroy()
  })
  await createQueues(boss)
  const { id: userId } = await addUser(db)
  for (const [at, id] of CHANNELS.entries()) {
    await db.insertInto('channels').values({ id, name: id, type: 'openai', base_url: 'https://upstream.test', priority: CHANNELS.length - at }).execute()
  }
  const folder = mkdtempSync(join(tmpdir(), 'reelay-state-machine-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return { db, begin: () => beginLife(db, boss, userId, folder), clear: () => clear(db) }
}

/** One run: a provider, and what hangs in the air. */
function beginLife (db: Db, boss: PgBoss, userId: string, folder: string) {
  const provider = new Provider(reference => isUnwanted(db, reference))
  const context: ServerContext = {
    // No poll is due unless a command says so.
    config: loadConfig({ POLL_MIN_MS: '60000', POLL_MAX_MS: '60000', SUBMIT_WAIT_MS: '60000' }),
    db,
    boss,
    log: silentLog,
    upstreams: { forAttempt: async ({ channel_id: id }: { channel_id: ChannelId }) => provider.upstream(id), sandboxServes: false, pauseMs: () => 0 } as unknown as Upstreams,
    egress: provider.egress,
    assets: createLocalStore(folder),
    runTimes: new RunTimeProfiles(db),
    feed: { wake: () => {} }
  }
  const dead = new Submissions(context)
  return {
    userId,
    db,
    boss,
    provider,
    context,
    submissions: new Submissions(context),
    /** Of a process that dies before it submits. */
    deadSubmissions: dead.close().then(() => dead),
    /** Submissions under way. */
    underWay: new Map<HeldAnswer, Promise<unknown>>(),
    /** Polls that were asked and not written yet. */
    heldPolls: [] as PollOutcome[],
    /** Retries that the owner asked for, by task. */
    retries: new Map<string, number>()
  }
}

async function isUnwanted (db: Db, reference: string): Promise<boolean> {
  const [, id] = /^(.*)-\d+$/.exec(reference)!
  const task = await db.selectFrom('tasks').select(['status', 'cancel_requested_at']).where('id', '=', id!).executeTakeFirstOrThrow()
  return task.status === 'CANCELLED' || task.cancel_requested_at !== null
}

async function clear (db: Db): Promise<void> {
  for (const table of ['pgboss.job', 'task_events', 'assets', 'task_saves', 'task_polls', 'task_attempts', 'channel_limits', 'tasks']) await sql`delete from ${sql.table(table)}`.execute(db)
}

/** Every task, oldest first, as the tables have it. */
export async function readTasks (db: Db): Promise<TaskState[]> {
  const { rows } = await sql<TaskState>`
    select t.id, t.channel_id as channel, t.channel_named as named, t.status, t.stage, t.attempt, t.progress, t.external_task_id as "externalId", t.error_code as "errorCode",
      t.cancel_requested_at is not null as "cancelRequested", t.deleted_at is not null as deleted,
      (select jsonb_agg(jsonb_build_object(
          'attempt', a.attempt, 'channel', a.channel_id, 'state', a.state, 'externalId', a.external_task_id, 'adopted', a.adopted,
          'leased', a.lease_until is not null, 'pastDeadline', a.deadline_at < now(),
          'polling', p.next_poll_at is not null, 'progress', coalesce(p.progress, 0),
          'hasJob', exists (
            select from pgboss.job j
            where j.name in ('submit-task', 'confirm-task', 'poll-task', 'save-video') and j.state < 'completed'
              and j.data ->> 'taskId' = t.id and (j.data ->> 'attempt')::int = a.attempt)
        ) order by a.attempt)
        from task_attempts a
        left join task_polls p using (task_id, attempt)
        where a.task_id = t.id) as attempts,
      (select jsonb_build_object('status', e.status, 'attempt', e.attempt, 'progress', e.progress, 'errorCode', e.error_code)
        from task_events e
        where e.task_id = t.id and e.kind = 'status'
        order by e.id desc limit 1) as "lastEvent"
    from tasks t
    order by t.created_at, t.id`.execute(db)
  return rows
}
