import { jsonReply, Refusal, type Reply } from './replies.ts'
import type { RequestBody } from './request-body.ts'

/** Its id says all there is to know of a character, so that nothing has to be kept: when it was made, and its name. */
const ID = /^char_(\d+)_([\da-f]+)$/

/** Throws Refusal. */
export function characterReply ({ fields: { name = '' }, files }: RequestBody): Reply {
  if (name.length < 1 || name.length > 80) throw new Refusal(400, 'invalid_name', 'name must have 1 to 80 characters')
  if (!files.some(file => file.field === 'video')) throw new Refusal(400, 'missing_video', 'video must be a file')
  const createdAt = Math.floor(Date.now() / 1000)
  return jsonReply(200, { id: `char_${createdAt}_${Buffer.from(name).toString('hex')}`, name, created_at: createdAt })
}

/** Throws Refusal for an id that this provider never gave. */
export function checkCharacters ({ fields }: RequestBody): void {
  const ids = fields['characters[][id]']?.split(',') ?? []
  if (!ids.every(id => ID.test(id))) throw new Refusal(400, 'invalid_character', 'characters must be ids of this account\'s characters')
}
