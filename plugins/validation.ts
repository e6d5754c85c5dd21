import type { FastifySchemaCompiler } from 'fastify'
import fp from 'fastify-plugin'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Format } from 'typebox/format'
import { Value } from 'typebox/value'
import type { FieldError } from '../server/errors.ts'
import type { Locale } from '../server/locales/choose-locale.ts'
import { requireShallow, requireStorable } from '../server/storable-text.ts'
import { fieldProblems, type ValidationError } from './validation-problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A field whose items the handler judges one by one: a text that cannot be stored is not the whole request's fault. */
    judges?: string
  }
  interface FastifyInstance {
    /** For a part of a body whose faults are not the whole request's: what is wrong with it, field by field. */
    fieldChecker: (schema: TSchema) => (value: unknown, locale: Locale) => FieldError[]
  }
}

/**
 * Validation by TypeBox instead of Fastify's Ajv, which removes unknown fields silently and turns a body's 123 into "123".
 * A body is taken as it is; the text of query strings, path parameters and headers becomes what the schema says, when it
 * says exactly that ("1.5" is no integer). Defaults are filled in.
 */
export default fp(async function validationPlugin (fastify) {
  Format.Set('date-time', isInstant)
  fastify.setValidatorCompiler(compileValidator)
  fastify.decorate('fieldChecker', (schema: TSchema) => {
    const check = Compile(schema)
    return (value: unknown, locale: Locale) => check.Check(value) ? [] : fieldProblems(check.Errors(value) as ValidationError[], 'item', locale)
  })

  fastify.addHook('preHandler', async ({ body, routeOptions: { config } }) => {
    requireShallow(body)
    requireStorable(config.judges === undefined ? body : { ...body as object, [config.judges]: undefined })
  })

  // HTTP clients often announce JSON and send nothing (`POST …/logout`): that is a request without a body.
  const parseJson = fastify.getDefaultJsonParser('error', 'error')
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parseJson(request, body as string, done)
  })
}, { name: 'validation', fastify: '5.x' })

/** RFC 3339 has leap seconds, which neither Date nor Postgres takes for what they are. */
function isInstant (text: string): boolean {
  return Format.IsDateTime(text) && !Number.isNaN(Date.parse(text))
}

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema)
  const hasDefaults = JSON.stringify(schema).includes('"default":')

  return (input: unknown) => {
    const read = httpPart === 'body' ? input : readText(schema, input)
    const value = hasDefaults ? Value.Default(schema, read) : read
    return check.Check(value) ? { value } : { error: check.Errors(value) }
  }
}

interface ReadableSchema {
  type?: string
  properties?: Record<string, ReadableSchema>
  items?: ReadableSchema
}

function readText (schema: ReadableSchema, input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input
  const values: Record<string, unknown> = { ...input }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(values, name)) values[name] = readValue(property, values[name])
  }
  return values
}

function readValue (schema: ReadableSchema, value: unknown): unknown {
  if (schema.type === 'array') return [value].flat().map(item => readValue(schema.items ?? {}, item))
  if (typeof value !== 'string') return value
  if (schema.type === 'integer' || schema.type === 'number') return /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value
  if (schema.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  return value
}
