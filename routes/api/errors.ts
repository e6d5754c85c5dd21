import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { errorCatalogue, failureClasses } from '../../server/errors.ts'
import { ErrorSchema, Ok, ok } from './envelope.ts'

const Words = Type.Object({ error: Type.String(), hint: Type.String() })

const CatalogueSchema = Type.Object({
  errors: Type.Array(Type.Object({
    code: Type.String(),
    status: Type.Integer({ description: 'Of HTTP; of a code that only stands on tasks, the one that a refusal would have' }),
    onTasks: Type.Boolean({ description: 'Whether a task can have it as errorCode' }),
    en: Words,
    'zh-CN': Words
  })),
  failureClasses: Type.Array(Type.Object({ class: Type.String(), en: Type.String(), 'zh-CN': Type.String() }), { description: 'What went wrong at the provider, as `detail.class` in a timeline, and the hint that comes with UPSTREAM_REFUSED and UPSTREAM_FAILED then' })
}, { title: 'ErrorCatalogue' })

/** As open as the documentation: it says nothing about anybody. */
const errorsRoutes: FastifyPluginAsyncTypebox = async fastify => {
  fastify.get('/', {
    schema: {
      summary: 'List every error code',
      description: 'With its status, sentence and hint in both languages. `{places}` are filled when it happens.',
      tags: ['operations'],
      security: [],
      response: { 200: Ok(CatalogueSchema), '4xx': ErrorSchema, '5xx': ErrorSchema }
    }
  }, async (_request, reply) => ok(reply, { errors: errorCatalogue(), failureClasses: failureClasses() }))
}

export default errorsRoutes
