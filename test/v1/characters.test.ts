import { toFile } from 'openai'
import type OpenAI from 'openai'
import t from 'tap'
import { json, refusal, send, startOpenaiServer } from '../support/openai-server.ts'

const { app, origin, sdk, sdkOf, login, admin, upstream, waitForTask, db } = await startOpenaiServer(t)

const mp4 = (text: string) => Buffer.concat([Buffer.of(0, 0, 0, 16), Buffer.from('ftypisom'), Buffer.from(text.padEnd(100))])
const lastPaid = async () => (await upstream.ledger()).at(-1)!
const make = async (name: string, client = sdk) => await client.videos.createCharacter({ name, video: await toFile(mp4(name), 'who.mp4') })
const withCharacters = (prompt: string, ids: (string | null)[]) => ({ prompt, characters: ids.map(id => ({ id })) }) as OpenAI.VideoCreateParams

t.test('H1 a character is made, read, listed and deleted', async t => {
  const made = await make('Mossy')
  t.same(Object.keys(made).sort(), ['created_at', 'id', 'name'])
  t.match(made, { name: 'Mossy', id: /^char_/ })
  t.ok(Math.abs(made.created_at - Date.now() / 1000) < 60)
  t.same({ ...await sdk.videos.getCharacter(made.id!) }, { ...made })
  t.match((await send(origin, admin, '/v1/videos/characters')).body.data, [{ id: made.id }])
  t.match(await send(origin, admin, `/v1/videos/characters/${made.id}`, { method: 'DELETE' }), { status: 200, body: { deleted: true } })
  t.match(await refusal(sdk.videos.getCharacter(made.id!)), { status: 404, code: 'not_found' })
})

t.test('H1 what is no character', async t => {
  for (const name of ['', ' ', 'x'.repeat(81)]) t.match(await refusal(make(name)), { status: 400, param: 'name' })
  t.match(await refusal(sdk.videos.createCharacter({ name: 'x', video: await toFile(Buffer.from('# README'), 'README.md') })), { status: 400, param: 'video' })
  t.match(await send(origin, admin, '/v1/videos/characters', json({ name: 'x' })), { status: 400, body: { error: { param: 'video' } } })
  const mine = await make('mine')
  const other = sdkOf(await login())
  t.match(await refusal(other.videos.getCharacter(mine.id!)), { status: 404 })
  t.match(await refusal(other.videos.create(withCharacters('not yours', [mine.id]))), { status: 400, param: 'characters' })
  t.match(await refusal(sdk.videos.create(withCharacters('three', [mine.id, mine.id, mine.id]))), { status: 400, param: 'characters' })
})

t.test('H1 a new video shows characters; each is shown to the provider once', async t => {
  const [a, b] = [await make('Ada'), await make('Bob')]
  const before = upstream.requests().character ?? 0
  const { id } = await sdk.videos.create(withCharacters('both', [a.id, b.id]))
  const known = await db.selectFrom('character_introductions').select('external_character_id').where('character_id', 'in', [a.id!, b.id!]).orderBy('created_at').execute()
  t.equal(known.length, 2)
  t.equal((await lastPaid()).request.fields['characters[][id]'], known.map(row => row.external_character_id).join())
  t.equal((await send(origin, admin, '/v1/videos', json(withCharacters('again', [a.id])))).status, 200)
  t.equal(upstream.requests().character, before + 2)
  await waitForTask(id, 'COMPLETED')
  t.match(await refusal(sdk.videos.remix(id, withCharacters('x', [a.id]))), { status: 400, code: 'unsupported_value', param: 'characters' })
})

t.test('H1 a provider that does not take the character refuses the video; one that cannot be asked is asked again', async t => {
  const refused = await make('Refused')
  upstream.behave('character', { character: { answer: 400, message: 'too short' } }, 1)
  t.match(await refusal(sdk.videos.create(withCharacters('refused', [refused.id]))), { status: 422, code: 'upstream_refused' })
  t.equal(await upstream.timesPaid('refused'), 0)

  const later = await make('Later')
  upstream.behave('character', { character: { answer: 'reset' } }, 1)
  const { id } = await sdk.videos.create(withCharacters('later', [later.id]))
  await waitForTask(id, 'COMPLETED')
  t.equal(await upstream.timesPaid('later'), 1)
})

t.test('H1 a channel without characters refuses them by field, not to be sent again', async t => {
  const server = await startOpenaiServer(t, { upstream: { type: 'sora-relay' } })
  const { id } = await make('nobody', server.sdk)
  const { status, headers, body } = await send(server.origin, server.admin, '/v1/videos', json(withCharacters('x', [id])))
  t.equal(status, 400)
  t.match(body.error, { code: 'unsupported_value', param: 'characters' })
  t.equal(headers.get('x-should-retry'), 'false')
})

t.test('bytes stay while a task or a character needs them', async t => {
  const one = await make('same')
  const two = await sdk.videos.createCharacter({ name: 'another', video: await toFile(mp4('same'), 'b.mp4') })
  const { sha256 } = await db.selectFrom('characters').select('sha256').where('id', '=', one.id!).executeTakeFirstOrThrow()
  const { id: taskId } = await sdk.videos.edit({ prompt: 'the same bytes', video: await toFile(mp4('same'), 'c.mp4') })
  await waitForTask(taskId, 'COMPLETED')
  const { assets } = app.context
  const isKept = () => assets.open(sha256).then(({ stream }) => { stream.destroy(); return true }, () => false)
  await send(origin, admin, `/v1/videos/characters/${one.id}`, { method: 'DELETE' })
  await send(origin, admin, `/v1/videos/${taskId}`, { method: 'DELETE' })
  t.ok(await isKept(), 'the other character needs them')
  await send(origin, admin, `/v1/videos/characters/${two.id}`, { method: 'DELETE' })
  t.notOk(await isKept())
})

t.test('there is a limit, also for many at once', async t => {
  const client = await login()
  const mine = sdkOf(client)
  await db.insertInto('characters').values(Array.from({ length: 48 }, (_, n) => ({ id: `char_${client.id}_${n}`, user_id: client.id, name: 'x', sha256: '0', size: 1, content_type: 'video/mp4', file_name: 'x' }))).execute()
  const made = await Promise.allSettled(Array.from({ length: 5 }, () => make('one more', mine)))
  t.equal(made.filter(({ status }) => status === 'fulfilled').length, 2)
  t.match(await refusal(make('too many', mine)), { status: 409, code: 'character_limit' })
})
