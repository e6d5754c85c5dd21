import { randomBytes } from 'node:crypto'
import type { Character, Db } from '../database/tables.ts'
import { invalidField, ReelayError } from '../errors.ts'
import type { InputFile } from '../upstreams/upstream.ts'
import type { AssetStore } from './asset-store.ts'
import { putAhead, removeUnused, storeContent } from './assets.ts'

/** Each may be as large as an uploaded video. */
const MAX_CHARACTERS = 50

/** Keeps a character of this user's. Throws CHARACTER_LIMIT. */
export async function insertCharacter (db: Db, store: AssetStore, userId: string, name: string, video: InputFile): Promise<Character> {
  await putAhead(store, [video])
  return await db.transaction().execute(async trx => {
    await checkRoom(trx, userId)
    return await trx
      .insertInto('characters')
      .values({
        id: `char_${randomBytes(16).toString('hex')}`,
        user_id: userId,
        name,
        sha256: await storeContent(trx, store, video.bytes),
        size: video.bytes.length,
        content_type: video.contentType,
        file_name: video.fileName
      })
      .returningAll()
      .executeTakeFirstOrThrow()
  })
}

/** Oldest first. */
export async function listCharacters (db: Db, userId: string): Promise<Character[]> {
  return await ownCharacters(db, userId).orderBy('created_at').orderBy('id').execute()
}

/** Throws CHARACTER_NOT_FOUND, also for somebody else's. */
export async function findCharacterOrThrow (db: Db, userId: string, id: string): Promise<Character> {
  const character = await ownCharacters(db, userId).where('id', '=', id).executeTakeFirst()
  if (!character) throw notFound(id)
  return character
}

/** Throws REQUEST_INVALID for an id that is none of this user's. */
export async function checkOwnCharacters (db: Db, userId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const own = await ownCharacters(db, userId).where('id', 'in', ids).execute()
  const missing = ids.find(id => !own.some(character => character.id === id))
  if (missing !== undefined) throw invalidField('characters', `are not all yours: there is no ${missing.slice(0, 100)}`)
}

/** Forgets a character; a video that is being made with it goes on. Throws CHARACTER_NOT_FOUND. */
export async function deleteCharacter (db: Db, store: AssetStore, userId: string, id: string): Promise<void> {
  const deleted = await db.deleteFrom('characters').where('id', '=', id).where('user_id', '=', userId).returning('sha256').executeTakeFirst()
  if (!deleted) throw notFound(id)
  await removeUnused(db, store, [deleted.sha256])
}

export async function readCharacterVideo (store: AssetStore, character: Character): Promise<InputFile> {
  const { stream } = await store.open(character.sha256)
  return { bytes: Buffer.concat(await stream.toArray()), contentType: character.content_type, fileName: character.file_name }
}

function ownCharacters (db: Db, userId: string) {
  return db.selectFrom('characters').selectAll().where('user_id', '=', userId)
}

/** Holds the user's row, so that two requests cannot both take the last place. */
async function checkRoom (trx: Db, userId: string): Promise<void> {
  await trx.selectFrom('users').select('id').where('id', '=', userId).forNoKeyUpdate().execute()
  const { count } = await trx
    .selectFrom('characters')
    .select(eb => eb.fn.countAll<string>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow()
  if (Number(count) >= MAX_CHARACTERS) throw new ReelayError('CHARACTER_LIMIT', { params: { limit: MAX_CHARACTERS } })
}

function notFound (id: string): ReelayError {
  return new ReelayError('CHARACTER_NOT_FOUND', { params: { id } })
}
