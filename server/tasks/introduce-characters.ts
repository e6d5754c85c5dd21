import type { ServerContext } from '../context.ts'
import type { Character, Db } from '../database/tables.ts'
import { readCharacterVideo } from '../media/characters.ts'
import type { SubmissionOutcome, Upstream } from '../upstreams/upstream.ts'
import type { Submittable } from './submission-records.ts'

/** Half of what a submission may take: after that its sender would begin too late. */
const SHARE_OF_TIMEOUT = 0.5

/** What the provider calls these characters; or why the submission cannot be sent. */
export type Introduced = { names: string[] } | Extract<SubmissionOutcome, { outcome: 'refused' | 'unsent' }>

/** Shows the characters of a task to the provider of its attempt, each once an account. This costs nothing, so what is in doubt is done again. */
export async function introduceCharacters (context: ServerContext, attempt: Submittable, upstream: Upstream, signal: AbortSignal): Promise<Introduced> {
  const names: string[] = []
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(context.config.SUBMIT_TIMEOUT_MS * SHARE_OF_TIMEOUT)])
  for (const id of attempt.options.characters ?? []) {
    const known = await findIntroduction(context.db, attempt, id)
    const shown = known === undefined ? await introduce(context, attempt, upstream, id, inTime) : undefined
    if (shown && shown.outcome !== 'accepted') return shown
    names.push(known ?? shown!.externalTaskId)
  }
  return { names }
}

type Shown = Extract<SubmissionOutcome, { outcome: 'accepted' | 'refused' | 'unsent' }>

async function introduce ({ db, assets }: ServerContext, attempt: Submittable, upstream: Upstream, id: string, signal: AbortSignal): Promise<Shown> {
  const character = await db.selectFrom('characters').selectAll().where('id', '=', id).executeTakeFirst()
  if (!character) return { outcome: 'refused', failure: { class: 'invalid_input', message: `the character ${id} was deleted` } }
  const outcome = await upstream.createCharacter!({ name: character.name, video: await readCharacterVideo(assets, character) }, signal)
  if (outcome.outcome === 'unknown') return { outcome: 'unsent', failure: outcome.failure }
  if (outcome.outcome === 'accepted') await keepIntroduction(db, attempt, character, outcome.externalTaskId)
  return outcome
}

async function findIntroduction (db: Db, { channel_id: channelId, credential_id: credentialId }: Submittable, characterId: string): Promise<string | undefined> {
  const introduction = await db
    .selectFrom('character_introductions')
    .select('external_character_id')
    .where('character_id', '=', characterId)
    .where('channel_id', '=', channelId)
    .where('credential_id', 'is not distinct from', credentialId)
    .executeTakeFirst()
  return introduction?.external_character_id
}

/** Of two tasks that show it at once either name will do. */
async function keepIntroduction (db: Db, attempt: Submittable, character: Character, externalId: string): Promise<void> {
  await db
    .insertInto('character_introductions')
    .values({ character_id: character.id, channel_id: attempt.channel_id, credential_id: attempt.credential_id, external_character_id: externalId })
    .onConflict(conflict => conflict.doNothing())
    .execute()
}
