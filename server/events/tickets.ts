import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../database/tables.ts'

/** DESIGN §8: long enough to open a stream, too short to be worth stealing from a log. */
const VALID_SECONDS = 30

/** A ticket that opens one stream for this session, once, within 30 s. */
export async function createTicket (db: Db, sessionId: string): Promise<{ ticket: string, expiresAt: Date }> {
  const ticket = randomBytes(24).toString('base64url')
  await db.deleteFrom('sse_tickets').where('expires_at', '<', sql<Date>`now()`).execute()
  const { expires_at: expiresAt } = await db
    .insertInto('sse_tickets')
    .values({ hash: hashOf(ticket), session_id: sessionId, expires_at: sql`now() + ${VALID_SECONDS} * interval '1 second'` })
    .returning('expires_at')
    .executeTakeFirstOrThrow()
  return { ticket, expiresAt }
}

/** The session of a ticket, which is used up by this. Undefined for one that is unknown, used or too old. */
export async function redeemTicket (db: Db, ticket: string): Promise<string | undefined> {
  const redeemed = await db
    .deleteFrom('sse_tickets')
    .where('hash', '=', hashOf(ticket))
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('session_id')
    .executeTakeFirst()
  return redeemed?.session_id
}

function hashOf (ticket: string): Buffer {
  return createHash('sha256').update(ticket).digest()
}
