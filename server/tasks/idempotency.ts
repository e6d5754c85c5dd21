import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import { ReelayError, isErrorCode, type ErrorOptions } from '../errors.ts'
import type { Receipt } from './receipts.ts'

/** A repeat looks this often for the first answer. */
const LOOK_EVERY_MS = 100
/** Longer than 24 h, as promised (DESIGN §4.1). */
export const KEPT_HOURS = 48

/** Something went wrong with the first request when it has no answer this long after it may have waited for one. */
const REPLY_MARGIN_MS = 5_000

interface KnownKey { request_hash: string, task_id: string | null, reply_status: number | null, reply_body: unknown, age_ms: number, is_settled: boolean }

/** Takes the key for this request, in the task's own transaction. False: it is taken; a racing owner is waited for. */
export async function claimKey (trx: Db, userId: string, key: string, requestHash: string, taskId: string): Promise<boolean> {
  const claimed = await trx
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key, request_hash: requestHash, task_id: taskId })
    .onConflict(conflict => conflict.columns(['user_id', 'key']).doNothing())
    .executeTakeFirst()
  return (claimed.numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Keeps the first reply to the request that made this task: its key may stand for a newer request by now (see sdk-repeats.ts). */
export async function storeReply (db: Db, userId: string, key: string, taskId: string, reply: Receipt | ReelayError): Promise<void> {
  const [status, body] = reply instanceof ReelayError
    ? [reply.status, { code: reply.code, options: { ...reply.options, cause: undefined } }]
    : [201, reply]
  await db
    .updateTable('idempotency_keys')
    .set({ reply_status: status, reply_body: JSON.stringify(body) })
    .where('user_id', '=', userId)
    .where('key', '=', key)
    .where('task_id', '=', taskId)
    .where('reply_status', 'is', null)
    .execute()
}

export type Repeat = { reply: Receipt } | { taskId: string }

/**
 * The stored first reply to this key; else the task it made, as soon as it is known what became of its submission, or
 * when the first request cannot be waiting any more: it waits at most `submitWaitMs`, so by then its process has died.
 * A key older than `maxAgeMs` is not known. Throws the refusal that was stored, or IDEMPOTENCY_KEY_REUSED when the request was another one.
 */
export async function findRepeat (db: Db, userId: string, key: string, requestHash: string, submitWaitMs: number, maxAgeMs: number): Promise<Repeat | undefined> {
  let limit = maxAgeMs
  while (true) {
    const known = await findKey(db, userId, key)
    if (!known || known.age_ms > limit) return undefined
    // Found in time: it does not grow too old while it is waited for.
    limit = Infinity
    if (known.request_hash !== requestHash) throw new ReelayError('IDEMPOTENCY_KEY_REUSED')
    if (known.reply_status !== null) return replay(known)
    if (known.is_settled || known.age_ms > submitWaitMs + REPLY_MARGIN_MS) return { taskId: known.task_id! }
    await sleep(LOOK_EVERY_MS)
  }
}

/** Forgets keys past their time. */
export async function pruneKeys (db: Db): Promise<void> {
  await db.deleteFrom('idempotency_keys').where(sql<boolean>`created_at < now() - ${KEPT_HOURS} * interval '1 hour'`).execute()
}

function findKey (db: Db, userId: string, key: string): Promise<KnownKey | undefined> {
  return db
    .selectFrom('idempotency_keys as k')
    .leftJoin('tasks as t', 't.id', 'k.task_id')
    .leftJoin('task_attempts as a', join => join.onRef('a.task_id', '=', 't.id').onRef('a.attempt', '=', 't.attempt'))
    .select(['k.request_hash', 'k.task_id', 'k.reply_status', 'k.reply_body', isSettled.as('is_settled')])
    .select(sql<number>`(extract(epoch from now() - k.created_at) * 1000)::float8`.as('age_ms'))
    .where('k.user_id', '=', userId)
    .where('k.key', '=', key)
    .executeTakeFirst()
}

/** Sent or put off. A refusal is answered with its error, which the first request is about to store: so it is given a second. */
const isSettled = sql<boolean>`coalesce(
  case when t.status = 'FAILED' then t.completed_at < now() - interval '1 second'
       else t.status <> 'QUEUED' or a.state <> 'sending' and a.tries > 0 end, false)`

function replay (known: KnownKey): Repeat {
  if (known.reply_status === 201) return { reply: known.reply_body as Receipt }
  const { code, options } = known.reply_body as { code: string, options: ErrorOptions }
  throw new ReelayError(isErrorCode(code) ? code : 'INTERNAL_ERROR', options)
}
