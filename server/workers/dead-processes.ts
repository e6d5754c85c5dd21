import { sql } from 'kysely'
import { fromKysely } from 'pg-boss'
import type { ServerContext } from '../context.ts'
import type { Db } from '../database/tables.ts'
import { POLL_TASK, pollKey } from '../queues/queues.ts'
import { SILENT_MS } from './process-registry.ts'

interface FreedPoll { task_id: string, attempt: number, channel_id: string, external_task_id: string }

/**
 * Strikes a dead process off and takes from it what it had in hand. After a crash any of these polls may be what
 * crashed it: they become suspects (suspects.ts). Of a process that had been told to stop they just go on.
 */
export async function buryProcess ({ db, boss, log }: Pick<ServerContext, 'db' | 'boss' | 'log'>, id: string): Promise<void> {
  const buried = await db.transaction().execute(async trx => {
    const dead = await trx
      .deleteFrom('server_processes')
      .where('id', '=', id)
      .where(sql<boolean>`seen_at < now() - ${SILENT_MS} * interval '1 millisecond'`)
      .returningAll()
      .executeTakeFirst()
    if (!dead) return undefined
    const crashed = dead.stopping_at === null
    const polls = await takePolls(trx, id, crashed)
    if (crashed) await suspect(trx, polls)
    // In key order: batches inserted in opposite orders would deadlock on the unique index.
    else if (polls.length > 0) await boss.insert(POLL_TASK, polls.map(jobOf).sort((a, b) => a.singletonKey < b.singletonKey ? -1 : 1), { db: fromKysely(trx) })
    return { processId: id, host: dead.host, pid: dead.pid, polls: polls.length, crashed }
  })
  if (buried) log.warn(buried, 'a process ended with polls in hand or without saying so; they are taken up again')
}

/** Whatever the dead process may still write is fenced off by this. Rows are locked in key order. */
async function takePolls (trx: Db, owner: string, crashed: boolean): Promise<FreedPoll[]> {
  const { rows } = await sql<FreedPoll>`
    with in_hand as (
      select task_id, attempt
      from task_polls
      where is_open and lease_owner = ${owner}::uuid and lease_token is not null
      order by task_id, attempt
      for update
    )
    update task_polls p
    set lease_token = null, lease_owner = null, lease_until = case when ${crashed}::boolean then 'infinity'::timestamptz end
    from in_hand
    join task_attempts a on a.task_id = in_hand.task_id and a.attempt = in_hand.attempt
    where p.task_id = in_hand.task_id and p.attempt = in_hand.attempt
    returning p.task_id, p.attempt, p.channel_id, a.external_task_id`.execute(trx)
  return rows
}

async function suspect (trx: Db, polls: FreedPoll[]): Promise<void> {
  if (polls.length === 0) return
  await sql`
    insert into poll_suspects (task_id, attempt)
    select task_id, attempt from jsonb_to_recordset(${JSON.stringify(polls)}::jsonb) as poll (task_id text, attempt int)
    on conflict do nothing`.execute(trx)
}

function jobOf ({ task_id: taskId, attempt, channel_id: channelId, external_task_id: externalTaskId }: FreedPoll) {
  return { data: { taskId, attempt }, singletonKey: pollKey(channelId, externalTaskId) }
}
