import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Character } from '../../server/database/tables.ts'
import { invalidField } from '../../server/errors.ts'
import { deleteCharacter, findCharacterOrThrow, insertCharacter, listCharacters } from '../../server/media/characters.ts'
import { noStore } from '../api/envelope.ts'
import { taskScopes } from '../scopes.ts'
import { CharacterDeletedSchema, CharacterListSchema, CharacterSchema, failures } from './schemas.ts'
import { readVideoForm } from './video-form.ts'

const NewCharacter = Type.Object({ name: Type.String({ minLength: 1, maxLength: 80 }) }, { title: 'CharacterRequest' })

/** For the reference only. */
const NewCharacterForm = Type.Object({
  ...NewCharacter.properties,
  video: Type.Unsafe<never>({ type: 'string', format: 'binary', description: 'MP4, QuickTime or WebM by its bytes, up to 50 MiB' })
}, { title: 'CharacterForm' })

const CharacterParams = Type.Object({ character_id: Type.String() })

/** Somebody or something that new videos can show, made known to a provider when a video with it is first asked for. */
const charactersRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, context: { assets }, authenticate } = fastify
  fastify.addHook('onRoute', taskScopes)
  fastify.addHook('onRequest', authenticate)
  fastify.addHook('onRequest', noStore)

  fastify.post('/videos/characters', {
    preValidation: readVideoForm(['video']),
    schema: { summary: 'Create a character from a video', tags: ['openai'], body: NewCharacter, form: NewCharacterForm, response: { 200: CharacterSchema, ...failures } }
  }, async ({ user, body: { name }, formVideo }) => {
    if (!formVideo) throw invalidField('video', 'must be a file of a form')
    if (name.trim() === '') throw invalidField('name', 'must be text')
    return present(await insertCharacter(db, assets, user.id, name, formVideo))
  })

  fastify.get('/videos/characters', {
    schema: { summary: 'List my characters', description: 'Not in OpenAI\'s API.', tags: ['openai'], response: { 200: CharacterListSchema, ...failures } }
  }, async ({ user }) => ({ object: 'list' as const, data: (await listCharacters(db, user.id)).map(present) }))

  fastify.get('/videos/characters/:character_id', {
    schema: { summary: 'Read a character', tags: ['openai'], params: CharacterParams, response: { 200: CharacterSchema, ...failures } }
  }, async ({ user, params }) => present(await findCharacterOrThrow(db, user.id, params.character_id)))

  fastify.delete('/videos/characters/:character_id', {
    schema: { summary: 'Delete a character', description: 'Not in OpenAI\'s API.', tags: ['openai'], params: CharacterParams, response: { 200: CharacterDeletedSchema, ...failures } }
  }, async ({ user, params: { character_id: id } }) => {
    await deleteCharacter(db, assets, user.id, id)
    return { id, object: 'character.deleted' as const, deleted: true as const }
  })
}

function present ({ id, name, created_at: createdAt }: Character) {
  return { id, name, created_at: Math.floor(createdAt.getTime() / 1000) }
}

export default charactersRoutes
