import t, { type Test } from 'tap'
import type { Dialect } from '../../server/sandbox/job.ts'
import { startApp } from '../support/app.ts'
import { addChannel } from '../support/channels.ts'
import { png } from '../support/images.ts'
import { startSandboxUpstream } from '../support/sandbox-upstream.ts'

const TASKS = '/api/video/tasks'
const server = await startApp(t, { SANDBOX: 'off' })
const { admin, db, waitForTask } = server

/** Each another one, so that they cannot be taken for one another. */
const [FIRST, LAST, CAT, DOG] = [64, 65, 66, 67].map(side => `data:image/png;base64,${png(side, side).toString('base64')}`) as [string, string, string, string]
const FRAMES = { firstFrame: FIRST, lastFrame: LAST }
const REFERENCES = { referenceImages: [DOG, CAT] }

/** What the provider gets, image by image, in its own words. */
const PROVIDERS: Array<{ type: Dialect, frames: { model: string, fields: object }, references: { model: string, fields: object } }> = [{
  type: 'fal',
  frames: { model: 'fal-ai/veo3.1', fields: { first_frame_url: FIRST, last_frame_url: LAST } },
  references: { model: 'fal-ai/veo3.1', fields: { 'image_urls[0]': DOG, 'image_urls[1]': CAT } }
}, {
  type: 'runway',
  frames: { model: 'veo3.1', fields: { 'promptImage[0][uri]': FIRST, 'promptImage[0][position]': 'first', 'promptImage[1][uri]': LAST, 'promptImage[1][position]': 'last' } },
  references: { model: 'seedance2', fields: { 'references[0][uri]': DOG, 'references[1][uri]': CAT } }
}, {
  type: 'ark',
  frames: { model: 'dreamina-seedance-2-0-260128', fields: { 'content[1][image_url][url]': FIRST, 'content[1][role]': 'first_frame', 'content[2][image_url][url]': LAST, 'content[2][role]': 'last_frame' } },
  references: { model: 'dreamina-seedance-2-0-260128', fields: { 'content[1][image_url][url]': DOG, 'content[1][role]': 'reference_image', 'content[2][image_url][url]': CAT, 'content[2][role]': 'reference_image' } }
}]

async function startChannel (t: Test, type: Dialect) {
  const upstream = await startSandboxUpstream(t, { type, durationMs: 0 })
  const channelId = await addChannel(server, upstream)
  t.teardown(() => admin.inject({ method: 'DELETE', url: `/api/channels/${channelId}` }))
  /** Every image that it was sent for the prompt, by submission. */
  const imagesOf = async (prompt: string) => (await upstream.ledger())
    .filter(job => job.prompt === prompt)
    .map(({ request: { fields } }) => Object.values(fields).filter(value => value.startsWith('data:')))
  return { upstream, channelId, imagesOf }
}

function listKept (videoId: string) {
  return db.selectFrom('assets').select(['kind', 'position', 'sha256']).where('task_id', '=', videoId).orderBy('kind').orderBy('position').execute()
}

for (const { type, frames, references } of PROVIDERS) {
  t.test(`${type} gets exactly the images that were given, at each attempt, and none is kept longer than its task`, async t => {
    const { upstream, channelId, imagesOf } = await startChannel(t, type)
    for (const { asked, images, model, fields } of [{ asked: FRAMES, images: [FIRST, LAST], ...frames }, { asked: REFERENCES, images: [DOG, CAT], ...references }]) {
      const prompt = `[[fail]] ${Object.keys(asked).join()}`
      const created = await admin.post(TASKS, { prompt, model, channelId, ...asked })
      t.equal(created.statusCode, 201, created.body)
      const { videoId } = created.json().data
      await waitForTask(videoId, 'FAILED')
      t.match((await upstream.ledger()).at(-1)!.request.fields, fields, prompt)
      t.same(await imagesOf(prompt), [images], 'and no other')

      t.equal((await admin.post(`${TASKS}/${videoId}/retry`)).statusCode, 201)
      await waitForTask(videoId, 'FAILED')
      t.same(await imagesOf(prompt), [images, images], 'the retry says the same')

      const kept = await listKept(videoId)
      t.equal(kept.length, 2)
      t.equal((await admin.inject({ method: 'DELETE', url: `${TASKS}/${videoId}` })).statusCode, 200)
      t.same(await listKept(videoId), [])
      for (const { sha256 } of kept) t.notOk(await server.app.context.assets.has(sha256), 'its bytes are gone')
    }
  })

  t.test(`${type}: images that would be dropped are refused before anything is paid for`, async t => {
    const { upstream, channelId } = await startChannel(t, type)
    for (const [asked, field, { model }] of [[{ ...FRAMES, ...REFERENCES }, 'referenceImages', references], [{ firstFrame: FIRST, inputReference: CAT }, 'firstFrame', frames]] as const) {
      const refused = await admin.post(TASKS, { prompt: 'too many', model, channelId, ...asked })
      t.equal(refused.statusCode, 400)
      t.match(refused.json(), { code: 'CAPABILITY_MISSING', details: [{ field }] })
    }
    t.same(await upstream.ledger(), [])
  })
}

for (const type of ['openai', 'sora-relay'] as const) {
  t.test(`${type} takes no frames and no references, and is not asked`, async t => {
    const { upstream, channelId } = await startChannel(t, type)
    for (const [field, value] of Object.entries({ ...FRAMES, ...REFERENCES })) {
      const refused = await admin.post(TASKS, { prompt: 'refused', channelId, [field]: value })
      t.equal(refused.statusCode, 400)
      t.match(refused.json(), { code: 'CAPABILITY_MISSING', details: [{ field }] })
    }
    t.same(await upstream.ledger(), [])
    t.same(upstream.requests().create, undefined)
    t.same(await db.selectFrom('assets').select('id').execute(), [], 'nothing was kept')
  })
}
