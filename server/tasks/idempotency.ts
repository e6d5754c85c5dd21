import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'
import { ReelayError, isErrorCode, type ErrorOptions } from '../errors.ts'
import type { Receipt } from './receipts.ts'

/** A repeat looks this often for the first answer. */
const LOOK_EVERY_MS = 100
/** Longer than 24 h, as promised (DESIGN §4.1). */
export const KEPT_HOURS = 48

interface KnownKey { request_hash: string, task_id: string | null, reply_status: number | null, reply_body: unknown }

/** Takes the key for this request, in the task's own transaction. False: it is taken; a racing owner is waited for. */
export async function claimKey (trx: Db, userId: string, key: string, requestHash: string, taskId: string): Promise<boolean> {
  const claimed = await trx
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key, request_hash: requestHash, task_id: taskId })
    .onConflict(conflict => conflict.columns(['user_id', 'key']).doNothing())
    .executeTakeFirst()
  return (claimed.numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Keeps the first reply. */
export async function storeReply (db: Db, userId: string, key: string, reply: Receipt | ReelayError): Promise<void> {
  const [status, body] = reply instanceof ReelayError
    ? [reply.status, { code: reply.code, options: { ...reply.options, cause: undefined } }]
    : [201, reply]
  await db
    .updateTable('idempotency_keys')
    .set({ reply_status: status, reply_body: JSON.stringify(body) })
    .where('user_id', '=', userId)
    .where('key', '=', key)
    .where('reply_status', 'is', null)
    .execute()
}

export type Repeat = { reply: Receipt } | { taskId: string }

/**
 * The stored first reply to this key, waiting for the one in flight at most `waitMs`; else the task it made.
 * Throws the refusal that was stored, or IDEMPOTENCY_KEY_REUSED when the request was another one.
 */
export async function findRepeat (db: Db, userId: string, key: string, requestHash: string, waitMs: number): Promise<Repeat | undefined> {
  const giveUpAt = performance.now() + waitMs
  while (true) {
    const known = await findKey(db, userId, key)
    if (!known) return undefined
    if (known.request_hash !== requestHash) throw new ReelayError('IDEMPOTENCY_KEY_REUSED')
    if (known.reply_status !== null) return replay(known)
    if (performance.now() > giveUpAt) return { taskId: known.task_id! }
    await sleep(LOOK_EVERY_MS)
  }
}

/** Forgets keys past their time. */
export async function pruneKeys (db: Db): Promise<void> {
  await db.deleteFrom('idempotency_keys').where(sql<boolean>`created_at < now() - ${KEPT_HOURS} * interval '1 hour'`).execute()
}

function findKey (db: Db, userId: string, key: string): Promise<KnownKey | undefined> {
  return db
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'task_id', 'reply_status', 'reply_body'])
    .where('user_id', '=', userId)
    .where('key', '=', key)
    .executeTakeFirst()
}

function replay (known: KnownKey): Repeat {
  if (known.reply_status === 201) return { reply: known.reply_body as Receipt }
  const { code, options } = known.reply_body as { code: string, options: ErrorOptions }
  throw new ReelayError(isErrorCode(code) ? code : 'INTERNAL_ERROR', options)
}
