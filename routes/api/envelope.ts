import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type TSchema } from 'typebox'

/** A success in the envelope of DESIGN §6, described by `Ok(…)`. */
export function ok<T> (reply: FastifyReply, data: T): { success: true, data: T, requestTime: number } {
  return { success: true, data, requestTime: Math.round(reply.elapsedTime) }
}

export function Ok<T extends TSchema> (data: T) {
  return Type.Object({ success: Type.Literal(true), data, requestTime: Type.Integer({ description: 'Elapsed milliseconds' }) })
}

export const ErrorSchema = Type.Object({
  success: Type.Literal(false),
  error: Type.String({ description: 'A sentence for a person, in the language of Accept-Language' }),
  code: Type.String({ description: 'Never changes; for programs' }),
  hint: Type.String({ description: 'What to do next' }),
  details: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() }))),
  videoId: Type.Optional(Type.String({ description: 'The task that was written before the refusal' })),
  requestId: Type.String(),
  requestTime: Type.Integer()
}, { title: 'Error', description: 'Refused or failed: the code says why, the hint what to do next' })

/** Instants stay dates until they are serialised. */
export const Instant = Type.Unsafe<Date>({ type: 'string', format: 'date-time' })

/** onRequest: answers about accounts and tasks are nobody's to keep. */
export async function noStore (_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('cache-control', 'no-store')
}
