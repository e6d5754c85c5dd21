import t from 'tap'
import { startApp } from '../support/app.ts'

const { app, admin, db } = await startApp(t)
const HALF = '\\ud83d'

/** JSON that has half a character, or what else is in `text`, as an escape: no client library would write it. */
function post (url: string, json: string, headers = {}) {
  return app.inject({ method: 'POST', url, payload: json, headers: { 'content-type': 'application/json', authorization: admin.authorization, ...headers } })
}

t.test('half a character or a NUL, anywhere in a body, is refused with its field, and nothing is kept', async t => {
  const message = 'must not contain NUL characters or broken Unicode'
  const cases: Array<[url: string, json: string, field: string]> = [
    ['/api/keys', `{"name":"a${HALF}"}`, 'name'],
    ['/api/keys', '{"name":"a\\u0000"}', 'name'],
    ['/api/webhooks', `{"url":"https://hooks.example.com/","name":"${HALF}"}`, 'name'],
    ['/api/users', `{"username":"somebody","password":"long enough ${HALF}"}`, 'password'],
    ['/api/channels', `{"name":"x","type":"openai","baseUrl":"https://a.example.com/v1","apiKey":"k","modelAliases":{"a${HALF}":"b"}}`, 'modelAliases'],
    ['/api/channels', `{"name":"x","type":"openai","baseUrl":"https://a.example.com/v1","apiKey":"k","models":["a","b${HALF}"]}`, 'models.1'],
    ['/api/video/tasks', `{"prompt":"a ${HALF} cat"}`, 'prompt'],
    ['/api/video/tasks', `{"prompt":"a cat","metadata":{"of":{"mine":"${HALF}"}}}`, 'metadata.of.mine'],
    ['/api/video/batches', `{"clientRequestId":"${HALF}","items":[{"prompt":"a cat"}]}`, 'clientRequestId'],
    ['/api/video/batches', `{"matrix":{"sources":["video_1"],"prompts":["a cat","${HALF}"]}}`, 'matrix.prompts.1']
  ]
  for (const [url, json, field] of cases) {
    const response = await post(url, json)
    t.equal(response.statusCode, 400, `${url} ${field}`)
    t.match(response.json(), { code: 'REQUEST_INVALID', error: `The request is not valid: ${field} ${message}`, details: [{ field, message }] })
  }
  t.match((await post('/v1/videos', `{"prompt":"a cat","user":"${HALF}"}`)).json(), { error: { code: 'invalid_value', param: 'user' } })
  t.match((await post('/api/keys', `{"name":"${HALF}"}`, { 'accept-language': 'zh' })).json(), { details: [{ field: 'name', message: '不能包含 NUL 字符或损坏的 Unicode' }] })
  t.same(await db.selectFrom('channels').select('id').where('name', '=', 'x').execute(), [])
  for (const table of ['api_keys', 'webhook_endpoints', 'tasks'] as const) {
    t.same(await db.selectFrom(table).selectAll().execute(), [], table)
  }
})

t.test('whole characters of any plane are kept as they are', async t => {
  const { id } = (await post('/api/keys', '{"name":"\\ud83d\\ude00 𝒳 é 猫"}')).json().data
  t.match(await db.selectFrom('api_keys').select('name').where('id', '=', id).executeTakeFirst(), { name: '😀 𝒳 é 猫' })
})

t.test('what is nested without end is refused before anything walks it', async t => {
  const deep = '['.repeat(300_000) + ']'.repeat(300_000)
  t.match((await post('/api/video/tasks', `{"prompt":"a cat","parameters":{"a":${deep}}}`)).json(), { code: 'REQUEST_INVALID', details: [{ message: /nested/ }] })
  t.match((await post('/api/video/batches', `{"items":[{"prompt":"a cat","parameters":{"a":${deep}}}]}`)).json(), { code: 'REQUEST_INVALID', details: [{ message: /nested/ }] })
})

t.test('an item of a batch is refused by itself', async t => {
  const { data } = (await post('/api/video/batches', `{"items":[{"prompt":"a ${HALF} cat"},{"prompt":"a dog"}]}`)).json()
  t.match(data.items, [{ index: 0, code: 'REQUEST_INVALID' }, { index: 1, videoId: String }])
})
