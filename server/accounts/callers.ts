import type { Db } from '../database/tables.ts'
import { findKeyUser, findKeyUserById, type KeyUser } from './api-keys.ts'
import { FreshCache } from './fresh-cache.ts'
import { hashKeyToken, isKeyToken } from './key-token.ts'
import { findSessionUser, type SessionUser } from './sessions.ts'

/** Who a request comes from: somebody signed in, or a program with a key. */
export type Caller = (SessionUser & { key?: undefined }) | (KeyUser & { sessionId?: undefined })

/** Answers "who is this?" for every process without a query for each request. Answers may be up to 3 s old. */
export class Callers {
  readonly #sessions: FreshCache<SessionUser | undefined>
  readonly #keys: FreshCache<KeyUser | undefined>
  readonly #keysById: FreshCache<KeyUser | undefined>

  constructor (db: Db) {
    this.#sessions = new FreshCache(id => findSessionUser(db, id))
    this.#keys = new FreshCache(hash => findKeyUser(db, Buffer.from(hash, 'hex')))
    this.#keysById = new FreshCache(id => findKeyUserById(db, id))
  }

  findBySession (sessionId: string): Promise<Caller | undefined> {
    return this.#sessions.find(sessionId)
  }

  /** A token with a wrong checksum is refused without a query. */
  async findByKey (token: string): Promise<Caller | undefined> {
    return isKeyToken(token) ? this.#keys.find(hashKeyToken(token).toString('hex')) : undefined
  }

  findByKeyId (keyId: string): Promise<Caller | undefined> {
    return this.#keysById.find(keyId)
  }

  /** Undefined once the session or the key that let this caller in is dead. */
  findAgain ({ sessionId, key }: Caller): Promise<Caller | undefined> {
    return key ? this.findByKeyId(key.id) : this.findBySession(sessionId)
  }

  /** After a change made by this process, so that here it counts at once. */
  clear (): void {
    for (const cache of [this.#sessions, this.#keys, this.#keysById]) cache.clear()
  }
}
