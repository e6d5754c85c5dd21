import type { Db } from '../database/tables.ts'
import { findSessionUser, type SessionUser } from './sessions.ts'

/** A revoked session must stop working on every process within 5 s; what is kept here is at most this old. */
const FRESH_MS = 3_000
const MAX_ENTRIES = 10_000

interface Entry { user: Promise<SessionUser | undefined>, until: number }

/** Answers "whose session is this?" without a query for each request. */
export class SessionCache {
  readonly #db: Db
  readonly #entries = new Map<string, Entry>()

  constructor (db: Db) {
    this.#db = db
  }

  /** The user of a valid session; an answer may be up to 3 s old. */
  find (sessionId: string): Promise<SessionUser | undefined> {
    const entry = this.#entries.get(sessionId)
    if (entry && entry.until > performance.now()) return entry.user
    return this.#load(sessionId)
  }

  /** After a change made by this process, so that here it counts at once. */
  clear (): void {
    this.#entries.clear()
  }

  #load (sessionId: string): Promise<SessionUser | undefined> {
    const entry = { user: findSessionUser(this.#db, sessionId), until: performance.now() + FRESH_MS }
    this.#entries.delete(sessionId)
    this.#makeRoom()
    this.#entries.set(sessionId, entry)
    // A failed look-up is no answer: the next request asks again.
    entry.user.catch(() => {
      if (this.#entries.get(sessionId) === entry) this.#entries.delete(sessionId)
    })
    return entry.user
  }

  /** Entries stand in the order they were loaded, so the first is the oldest. */
  #makeRoom (): void {
    if (this.#entries.size < MAX_ENTRIES) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest)
  }
}
