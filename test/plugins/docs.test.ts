import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { ERROR_STATUS } from '../../server/errors.ts'
import { FORMS } from '../../server/text-forms.ts'
import { startApp } from '../support/app.ts'

const { app, admin } = await startApp(t)

interface Operation {
  operationId?: string
  summary?: string
  tags?: string[]
  security?: object[]
  requestBody?: { required: boolean, content: Record<string, { schema: { $ref?: string }, example?: unknown }> }
  responses: Record<string, { description: string, content?: Record<string, object> }>
}

const answer = await app.inject({ url: '/docs/json' })
const document = answer.json()
const operations = Object.entries<Record<string, Operation>>(document.paths)
  .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })))
const operation = (name: string) => operations.find(operation => operation.name === name)!

t.test('/docs/json is a valid OpenAPI 3.1 document, open to everybody', async t => {
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['content-type'], 'application/json')
  t.equal(document.openapi, '3.1.0')
  t.match(await new Validator().validate(answer.json()), { valid: true })
})

t.test('each operation has an id of its own, a word for generators of clients', async t => {
  const ids = operations.map(({ operationId }) => operationId)
  t.equal(new Set(ids).size, operations.length)
  for (const id of ids) t.match(id, /^[a-z][\dA-Za-z]+$/)
  t.equal(operation('POST /api/video/tasks/{videoId}/remix').operationId, 'postVideoTasksByVideoIdRemix')
  t.equal(operation('GET /v1/videos/{video_id}').operationId, 'getV1VideosByVideoId')
})

t.test('its examples are what the schemas beside them take', async t => {
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve)
    if (typeof node !== 'object' || node === null) return node
    if ('$ref' in node) return resolve(document.components.schemas[String(node.$ref).split('/').at(-1)!])
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value)]))
  }
  const bodies = operations.flatMap(({ name, requestBody }) => Object.values(requestBody?.content ?? {}).map(content => ({ name, ...content })))
  const examples = bodies.filter(({ example }) => example !== undefined)
  t.ok(examples.length > 5)
  for (const { name, schema, example } of examples) t.same([...Value.Errors(resolve(schema) as TSchema, example)], [], name)
})

t.test('previews are described beside videos', async t => {
  for (const name of ['GET /api/video/tasks/{videoId}/content', 'GET /v1/videos/{video_id}/content']) {
    t.match(Object.keys(operation(name).responses['200']!.content!).sort(), ['image/jpeg', 'image/png', 'image/webp', 'video/mp4', 'video/quicktime', 'video/webm'])
  }
})

t.test('its schemas use the types of JSON Schema only', async t => {
  const known = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']
  const used = [...answer.body.matchAll(/"type":"([^"]+)"/g)].map(match => match[1]!)
  // The security schemes have types of their own.
  t.same([...new Set(used)].filter(type => !known.includes(type)).sort(), ['apiKey', 'http'])
})

t.test('the routes people ask for are in it, without a slash at their end', async t => {
  for (const name of ['POST /api/auth/login', 'POST /api/video/tasks', 'POST /api/video/tasks/{videoId}/remix', 'GET /api/video/tasks/{videoId}/lineage', 'GET /api/sse/task-updates', 'GET /ready']) {
    t.ok(operation(name), name)
  }
})

for (const { name, summary, tags = [], security = document.security, responses } of operations) {
  t.test(`${name} says what it is, who may call it and what it answers`, async t => {
    t.ok(summary)
    t.equal(tags.length, 1)
    t.ok(document.tags.some((tag: { name: string }) => tag.name === tags[0]), 'the tag is described')
    for (const scheme of security.flatMap(Object.keys)) t.hasOwnProp(document.components.securitySchemes, scheme)

    const statuses = Object.keys(responses)
    t.ok(statuses.some(status => status.startsWith('2')), 'a success')
    if (name.includes('/api/')) t.ok(statuses.includes('4XX') && statuses.includes('5XX'), 'its errors')
    for (const [status, { description, content }] of Object.entries(responses)) {
      t.not(description, 'Default Response')
      t.equal(content === undefined, status === '204' || status === '304')
    }
  })
}

t.test('what a route takes without a login is what DESIGN §6 leaves open', async t => {
  const open = operations.filter(({ security }) => security?.length === 0).map(({ name }) => name)
  t.same(open, ['GET /health', 'GET /ready', 'POST /api/auth/login', 'GET /api/errors', 'POST /api/upstream-events/{channelId}/{secret}'])
  t.same(operation('GET /api/video/tasks/{videoId}/content').security?.flatMap(Object.keys), ['bearer', 'session', 'signature', 'apiKey'])
})

t.test('create and remix are described as JSON and as a form with a file', async t => {
  for (const name of ['POST /api/video/tasks', 'POST /api/video/tasks/{videoId}/remix']) {
    const { content } = operation(name).requestBody!
    t.same(Object.keys(content), ['application/json', 'multipart/form-data'])
    t.equal(content['multipart/form-data']!.schema.$ref, '#/components/schemas/TaskForm')
  }
  const { properties } = document.components.schemas.TaskForm
  t.match(properties.input_reference, { type: 'string', format: 'binary' })
  t.match(properties.metadata, { type: 'string' })
})

t.test('the stream is described frame by frame', async t => {
  const { content } = operation('GET /api/sse/task-updates').responses['200']!
  t.hasOwnProp(content!, 'text/event-stream')
  t.same(document.components.schemas.Frame.anyOf.map(({ $ref }: { $ref: string }) => $ref.split('/').at(-1)), ['TaskUpdate', 'BatchUpdate', 'SnapshotEnd', 'Reset'])
})

t.test('every error code is explained', async t => {
  for (const code of Object.keys(ERROR_STATUS)) t.match(document.info.description, `| \`${code}\` |`)
})

t.test('the page and what it loads come from this server, under a policy that allows nothing else', async t => {
  const page = await app.inject({ url: '/docs' })
  t.equal(page.statusCode, 200)
  const addresses = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1]!)
  t.ok(addresses.length >= 5)
  for (const url of addresses) {
    t.match(url, /^\/docs\/static\//)
    t.equal((await app.inject({ url })).statusCode, 200, url)
  }
  const policy = String(page.headers['content-security-policy'])
  t.match(policy, "default-src 'none'")
  t.match(policy, "script-src 'self';")
  t.notMatch(policy, /https?:|\*/)
})

t.test('every pattern of a text has a name, by which its refusal says in words what is wanted', async t => {
  const patterns = new Set([...JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, json]) => JSON.parse(json!) as string))
  t.ok(patterns.size >= 10)
  const named = new Set<string>(Object.values(FORMS))
  t.same([...patterns].filter(pattern => !named.has(pattern)), [])
  const { details } = (await admin.post('/api/video/tasks', { prompt: 'a', size: '720p', aspectRatio: 'wide' })).json()
  t.same(details, [
    { field: 'size', message: 'must be a width and a height in pixels, such as 720x1280' },
    { field: 'aspectRatio', message: 'must be a ratio of two whole numbers, such as 16:9' }
  ])
})
