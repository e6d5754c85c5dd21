import { STATUS_CODES } from 'node:http'
import { isDeepStrictEqual } from 'node:util'

type Json = Record<string, unknown>

interface Document {
  components?: { schemas?: object }
  paths?: object
}

/** Gives the generated document names: each schema with a title stands once among the components, each answer says what it is. */
export function finishDocument<T extends Document> (document: T): T {
  const schemas: Json = {}
  const paths = nameSchemas(document.paths, schemas) as Json
  for (const response of responsesOf(paths)) {
    // What @fastify/swagger writes when a schema has no description.
    if (response.answer.description === 'Default Response') response.answer.description = STATUS_CODES[response.status] ?? 'Answer'
  }
  return { ...document, paths, components: { ...document.components, schemas } }
}

function nameSchemas (node: unknown, schemas: Json): unknown {
  if (Array.isArray(node)) return node.map(item => nameSchemas(item, schemas))
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, nameSchemas(value, schemas)]))
  // A property may be called title; then it is a schema and no string.
  return typeof copy.title === 'string' ? refer(copy.title, copy, schemas) : copy
}

function refer (title: string, schema: Json, schemas: Json): Json {
  const known = schemas[title] ??= schema
  if (!isDeepStrictEqual(known, schema)) throw new Error(`Two schemas have the title ${title}`)
  return { $ref: `#/components/schemas/${title}` }
}

function responsesOf (paths: Json): Array<{ status: string, answer: Json }> {
  return Object.values(paths)
    .flatMap(path => Object.values(path as Json))
    .flatMap(operation => Object.entries((operation as { responses: Record<string, Json> }).responses))
    .map(([status, answer]) => ({ status, answer }))
}
