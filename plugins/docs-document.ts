import { STATUS_CODES } from 'node:http'
import { isDeepStrictEqual } from 'node:util'

type Json = Record<string, unknown>

interface Operation {
  operationId?: string
  requestBody?: { required?: boolean }
  responses: Record<string, { description: string }>
}

interface Document {
  components?: { schemas?: object }
  paths?: object
}

/** What TypeBox calls a body that may be absent; JSON Schema has no such type. */
const ABSENT = { type: 'undefined' }

/** Gives the generated document names: each schema with a title stands once among the components, each operation has an id, each answer says what it is. */
export function finishDocument<T extends Document> (document: T): T {
  for (const [path, operations] of Object.entries<Record<string, Operation>>({ ...document.paths })) {
    for (const [method, operation] of Object.entries<Operation>(operations)) {
      finishOperation(operation)
      // A route of GET and HEAD is one object under both.
      operations[method] = { operationId: operationId(method, path), ...operation }
    }
  }
  const schemas: Json = {}
  const paths = nameSchemas(document.paths, schemas)
  return { ...document, paths, components: { ...document.components, schemas } }
}

/** What generators of clients call it: `get /api/video/tasks/{videoId}/lineage` is getVideoTasksByVideoIdLineage. */
function operationId (method: string, path: string): string {
  const words = path.replace(/^\/api\//, '/').replaceAll('{', 'by/').split(/[^\da-z]+/i).filter(Boolean)
  return method + words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function finishOperation ({ requestBody, responses }: Operation): void {
  if (requestBody && JSON.stringify(requestBody).includes(JSON.stringify(ABSENT))) requestBody.required = false
  for (const [status, answer] of Object.entries(responses)) {
    // What @fastify/swagger writes when a schema has no description.
    if (answer.description === 'Default Response') answer.description = STATUS_CODES[status] ?? 'Answer'
  }
}

function nameSchemas (node: unknown, schemas: Json): unknown {
  if (Array.isArray(node)) return node.filter(item => !isDeepStrictEqual(item, ABSENT)).map(item => nameSchemas(item, schemas))
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
