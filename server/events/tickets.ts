import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Caller } from '../accounts/callers.ts'
import type { Db, SseTicket } from '../database/tables.ts'

/** DESIGN §8: long enough to open a stream, too short to be worth stealing from a log. */
const VALID_SECONDS = 30

/** A ticket that opens one stream for this caller, once, within 30 s. */
export async function createTicket (db: Db, { sessionId, key }: Caller): Promise<{ ticket: string, expiresAt: Date }> {
  const ticket = randomBytes(24).toString('base64url')
  await db.deleteFrom('sse_tickets').where('expires_at', '<', sql<Date>`now()`).execute()
  const { expires_at: expiresAt } = await db
    .insertInto('sse_tickets')
    .values({ hash: hashOf(ticket), session_id: sessionId, key_id: key?.id, expires_at: sql`now() + ${VALID_SECONDS} * interval '1 second'` })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { ticket, expiresAt }
}

/** Whose ticket it is; it is used up by this. Undefined for one that is unknown, used or too old. */
export function redeemTicket (db: Db, ticket: string): Promise<Pick<SseTicket, 'session_id' | 'key_id'> | undefined> {
  return db
    .deleteFrom('sse_tickets')
    .where('hash', '=', hashOf(ticket))
    .where('expires_at', '>', sql<Date>`now()`)
    .returning(['session_id', 'key_id'])
    .executeTakeFirst()
}

function hashOf (ticket: string): Buffer {
  return createHash('sha256').update(ticket).digest()
}
