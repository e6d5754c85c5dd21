import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { form, read, startTestSandbox } from './client.ts'

const { client, url } = await startTestSandbox(t)

async function createdWith (prompt: string): Promise<number> {
  return (await client.ledger()).filter(entry => entry.prompt === prompt).length
}

t.test('a refused submission answers with its status and is not in the ledger', async t => {
  for (const status of [400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503, 504]) {
    const prompt = `refused [[sandbox: create=${status}]]`
    const response = await client.createSora(prompt)
    t.equal(response.status, status)
    t.type((await read(response)).error.message, 'string')
    t.equal(await createdWith(prompt), 0)
  }
  const accepted = '[[sandbox: create=422, create.accepted=true]]'
  t.equal((await client.createSora(accepted)).status, 422)
  t.equal(await createdWith(accepted), 0, 'a 4xx never makes a job, whatever was asked for')
})

t.test('429 carries Retry-After as it was given', async t => {
  const response = await client.createSora('[[sandbox: create=429, create.retryAfter=7, create.code=slow_down]]')
  t.equal(response.headers.get('retry-after'), '7')
  t.equal((await read(response)).error.code, 'slow_down')
})

t.test('well-formed HTTP that is no answer', async t => {
  const answer = (kind: string) => client.createSora(`[[sandbox: create=${kind}]]`)
  const html = await answer('html')
  t.equal(html.status, 200)
  t.match(await html.text(), /<html|<!doctype/)
  t.equal(await (await answer('empty')).text(), '')
  await t.rejects(read(answer('garbage')), SyntaxError)
  const error = await read(answer('error'))
  t.ok(error.error.message)
  t.notOk('id' in error)
  const redirect = await client.sora('', { method: 'POST', redirect: 'manual', body: form({ prompt: '[[sandbox: create=redirect, create.location=http://169.254.169.254/]]', model: 'm' }) })
  t.equal(redirect.status, 302)
  t.equal(redirect.headers.get('location'), 'http://169.254.169.254/')
  t.equal(await createdWith('[[sandbox: create=empty]]'), 0)
})

t.test('a reply cut short belongs to a job that was made', async t => {
  await t.rejects(read(client.createSora('[[sandbox: create=truncated]]')), SyntaxError)
  t.equal(await createdWith('[[sandbox: create=truncated]]'), 1)
  await t.rejects(read(client.createSora('[[sandbox: create=cut]]')), TypeError)
  t.equal(await createdWith('[[sandbox: create=cut]]'), 1)
})

t.test('a dropped connection: nothing was made before acceptance, one job after it', async t => {
  for (const answer of ['drop', 'reset']) {
    await t.rejects(client.createSora(`[[sandbox: create=${answer}]]`))
    t.equal(await createdWith(`[[sandbox: create=${answer}]]`), 0)
    const accepted = `[[sandbox: create=${answer}, create.accepted=true]]`
    await t.rejects(client.createSora(accepted))
    t.equal(await createdWith(accepted), 1)
  }
  const once = 'p [[drop-after-accept]]'
  await t.rejects(client.createSora(once))
  t.equal((await client.createSora(once)).status, 200, 'the next one is answered')
  t.equal(await createdWith(once), 2, 'a second submission would be seen')
  const lost = '[[sandbox: create=503, create.accepted=true]]'
  t.equal((await client.createSora(lost)).status, 503)
  t.equal(await createdWith(lost), 1)
})

t.test('a hung request is never answered, and closing the sandbox ends it', async t => {
  const { client, close } = await startTestSandbox(t)
  const hung = client.createSora('[[hang]]')
  await client.createSora('meanwhile others are served')
  t.equal((await client.ledger()).length, 1)
  await Promise.all([t.rejects(hung), close()])
  await t.rejects(client.ledger())
})

t.test('slow and huge bodies', async t => {
  const started = performance.now()
  t.match(await read(client.createSora('[[sandbox: create=slow, create.dripMs=2]]')), { id: /^video_/ })
  t.ok(performance.now() - started > 50)
  const huge = await client.createSora('[[sandbox: create=huge, create.bytes=3000000]]')
  t.ok((await huge.text()).length >= 3_000_000)
  const before = performance.now()
  await client.createSora('[[sandbox: create.latencyMs=80]]')
  t.ok(performance.now() - before >= 79)
})

t.test('polls go wrong a number of times, now and then, or for a while', async t => {
  const statuses = async (prompt: string, count = 4) => {
    const { id } = await read(client.createSora(prompt))
    const seen: number[] = []
    for (let i = 0; i < count; i++) seen.push((await client.sora(`/${id}`)).status)
    return seen
  }
  t.same(await statuses('[[sandbox: poll=404, poll.times=2]]'), [404, 404, 200, 200])
  t.same(await statuses('[[sandbox: poll=404, poll.every=2]]'), [200, 404, 200, 404])
  t.same(await statuses('[[sandbox: poll=503]]'), [503, 503, 503, 503])
  t.same(await statuses('[[sandbox: poll=404, poll.afterMs=60000]]', 1), [200])
  t.same(await statuses('[[sandbox: poll=404, poll.untilMs=0]]', 1), [200])
  const two = [await read(client.createSora('[[sandbox: poll=404, poll.times=1]]')), await read(client.createSora('[[sandbox: poll=404, poll.times=1]]'))]
  for (const { id } of two) t.equal((await client.sora(`/${id}`)).status, 404, 'every job counts for itself')
})

t.test('polls that make no sense', async t => {
  const polls = async (settings: string) => {
    const { id } = await read(client.createSora(`[[sandbox: queuedMs=0, ${settings}]]`))
    return [await read(client.sora(`/${id}`)), await read(client.sora(`/${id}`))]
  }
  t.match(await polls('status=dreaming'), [{ status: 'dreaming' }, { status: 'dreaming' }])
  t.match(await polls('statusBackwards=true'), [{ status: 'in_progress' }, { status: 'queued' }])
  t.match(await polls('progress=nan'), [{ progress: 'NaN' }])
  t.match(await polls('progress=negative'), [{ progress: -1 }])
  t.match(await polls('progress=beyond'), [{ progress: 900 }])
  t.match(await polls('progress=null'), [{ progress: null }])
  t.notOk(Number.isInteger((await polls('progress=fractional'))[0].progress))
  const [done] = await polls('duration=0, outcome=no-url')
  t.equal(done.status, 'completed')
  t.notOk('video_url' in done)
  t.match(await polls('duration=0, outcome=with-error'), [{ status: 'completed', error: { message: String } }])
})

t.test('content goes wrong without harm to the polls', async t => {
  const fileOf = async (settings: string) => {
    const { id } = await read(client.createSora(`[[sandbox: duration=0, ${settings}]]`))
    return fetch((await read(client.sora(`/${id}`))).video_url)
  }
  t.equal((await fileOf('content=404')).status, 404)
  t.equal((await fileOf('content=403, content.afterMs=0')).status, 403)
  t.match(await (await fileOf('content=html')).text(), /doctype/)
  t.equal((await fileOf('content=wrong-type')).headers.get('content-type'), 'text/plain')
  await t.rejects((await fileOf('content=cut')).arrayBuffer())
})

t.test('control orders the next requests, by operation', async t => {
  const { client, url } = await startTestSandbox(t)
  await client.behave({ operation: 'poll', times: 2, behaviour: { poll: { answer: 500 } } })
  const { id } = await read(client.createSora('p'))
  const seen = []
  for (let i = 0; i < 3; i++) seen.push((await client.sora(`/${id}`)).status)
  t.same(seen, [500, 500, 200])

  await client.behave({ behaviour: { create: { answer: 'drop' } } })
  await t.rejects(client.createSora('p'))
  await fetch(`${url}/control/behaviours`, { method: 'DELETE' })
  t.equal((await client.createSora('p')).status, 200)

  await client.behave({ operation: 'create', times: 1, behaviour: { durationMs: 0, failAt: 9 } })
  const failing = await read(client.createSora('kept with the job'))
  t.equal((await read(client.sora(`/${failing.id}`))).status, 'failed')

  t.match(await read(fetch(`${url}/control/requests?jobs`)), { operations: { create: 4, poll: 4 }, pollsByJob: { [id]: 1 } })
  t.match(await read(fetch(`${url}/control/ledger?prompt=p`)), { total: 2 })
  await fetch(`${url}/control/reset`, { method: 'POST' })
  t.same(await client.ledger(), [])
  t.same((await read(fetch(`${url}/control/requests`))).operations, {})

  for (const wrong of [{ operation: 'fly', behaviour: {} }, { behaviour: { x: 1 } }, { behaviour: {}, times: 0 }, 7]) t.equal((await client.behave(wrong)).status, 400)
})

t.test('control is closed unless it was opened', async t => {
  const { url } = await startTestSandbox(t, { control: false })
  t.equal((await fetch(`${url}/control/ledger`)).status, 404)
})

t.test('a wrong behaviour is said so', async t => {
  const response = await client.sora('/x', { headers: { 'x-sandbox-behaviour': '{"poll":{"answer":"dance"}}' } })
  t.equal(response.status, 400)
  t.equal((await read(response)).error.code, 'invalid_behaviour')
})

t.test('a client that leaves in the middle of its body makes nothing and harms nobody', async t => {
  const { port } = new URL(url)
  const before = (await client.ledger()).length
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('POST /sora/v1/videos HTTP/1.1\r\nhost: x\r\nauthorization: k\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 1000\r\n\r\n--b\r\n')
  await once(socket, 'connect')
  socket.destroy()
  await once(socket, 'close')
  t.equal((await client.ledger()).length, before)
})
