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

/** A key, the request it stands for, and the reply that is known from the beginning. */
export interface AnsweredKey { key: string, hash: string, taskId: string | null, reply: unknown }

/** The same for the keys of many requests at once: all of them, or the transaction is to be given up. */
export async function claimKeys (trx: Db, userId: string, keys: AnsweredKey[]): Promise<boolean> {
  if (keys.length === 0) return true
  const claimed = await trx
    .insertInto('idempotency_keys')
    // In one order, or two that race for the same keys would block each other.
    .values(keys.toSorted((a, b) => a.key < b.key ? -1 : 1).map(({ key, hash, taskId, reply }) =>
      ({ user_id: userId, key, request_hash: hash, task_id: taskId, reply_status: 201, reply_body: JSON.stringify(reply) })))
    .onConflict(conflict => conflict.columns(['user_id', 'key']).doNothing())
    .executeTakeFirst()
  return claimed.numInsertedOrUpdatedRows === BigInt(keys.length)
}

/** What is known of keys now; nobody is waited for. */
export async function findUsedKeys (db: Db, userId: string, keys: readonly string[]): Promise<Array<Pick<KnownKey, 'request_hash' | 'task_id'> & { key: string }>> {
  if (keys.length === 0) return []
  return await db
    .selectFrom('idempotency_keys')
    .select(['key', 'request_hash', 'task_id'])
    .where('user_id', '=', userId)
    .where('key', 'in', [...keys])
    .execute()
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

export type Repeat<Reply = Receipt> = { reply: Reply } | { taskId: string }

/**
 * The stored first reply to this key; else the task it made, as soon as it is known what became of its submission, or
 * when the first request cannot be waiting any more: it waits at most `submitWaitMs`, so by then its process has died.
 * A key older than `maxAgeMs` is not known. Throws the refusal that was stored, or IDEMPOTENCY_KEY_REUSED when the request was another one.
 */
export async function findRepeat<Reply = Receipt> (db: Db, userId: string, key: string, requestHash: string, submitWaitMs: number, maxAgeMs: number): Promise<Repeat<Reply> | undefined> {
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

function replay<Reply> (known: KnownKey): Repeat<Reply> {
  if (known.reply_status === 201) return { reply: known.reply_body as Reply }
  const { code, options } = known.reply_body as { code: string, options: ErrorOptions }
  throw new ReelayError(isErrorCode(code) ? code : 'INTERNAL_ERROR', options)
}
