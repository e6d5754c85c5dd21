import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import openapiTypes, { astToString } from 'openapi-typescript'
import t from 'tap'
import { startApp } from '../support/app.ts'

const FILE = join(import.meta.dirname, '..', '..', 'web', 'src', 'api', 'schema.d.ts')
const HEAD = '// Generated from /docs/json: UPDATE_API_TYPES=1 npm run tap -- test/web/api-types.test.ts\n\n'

t.test('the console\'s types are those of the OpenAPI document', async t => {
  const { app } = await startApp(t)
  const document = (await app.inject('/docs/json')).json()
  // What the server's Date becomes on the wire is a string; binary is never read as text.
  const types = HEAD + astToString(await openapiTypes(document, { alphabetize: true }))
  if (process.env.UPDATE_API_TYPES) writeFileSync(FILE, types)
  t.equal(readFileSync(FILE, 'utf8'), types, 'run it with UPDATE_API_TYPES=1 and commit what changes')
})
