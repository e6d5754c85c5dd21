import t from 'tap'
import { insertUser } from '../../server/accounts/users.ts'
import { releaseAssets, removeUnused } from '../../server/media/assets.ts'
import { inputsOf, listInputKinds, loadInputs, saveInput } from '../../server/media/input-files.ts'
import { createLocalStore } from '../../server/media/local-store.ts'
import { checkImage } from '../../server/media/input-image.ts'
import { insertTask } from '../../server/tasks/task-repository.ts'
import { newVideoId } from '../../server/tasks/video-id.ts'
import { connectTestDatabase, PASSWORD } from '../support/accounts.ts'
import { jpeg, png } from '../support/images.ts'

const db = await connectTestDatabase(t)
const store = createLocalStore(t.testdir())
const user = await insertUser(db, { username: 'owner', password: PASSWORD, role: 'user' })
await db.insertInto('channels').values({ id: 'c', name: 'c', type: 'sora-relay', builtin: true }).execute()

async function addTask (): Promise<string> {
  const task = { id: newVideoId(), user_id: user.id, status: 'QUEUED', stage: 'accepted', channel_id: 'c', model: 'sora-2', prompt: 'a cat' } as const
  return (await insertTask(db, task, 60_000)).id
}

t.test('an image is read back as it was saved', async t => {
  const image = checkImage(jpeg(8, 8), 'inputReference')
  const [task, other] = [await addTask(), await addTask()]
  await db.transaction().execute(trx => saveInput(trx, store, task, { kind: 'input', position: 0, file: image }))
  t.same((await loadInputs(db, store, task)).image, image)
  t.equal((await loadInputs(db, store, other)).image, undefined)
})

t.test('every file is read back for what it was given for, references in their order', async t => {
  const image = (side: number) => checkImage(png(side, 8), 'x')
  const files = { image: image(1), firstFrame: image(2), lastFrame: image(3), referenceImages: [image(9), image(1), image(7)], video: { bytes: Buffer.from('mp4'), contentType: 'video/mp4', fileName: 'input.mp4' } }
  const task = await addTask()
  await db.transaction().execute(async trx => {
    for (const input of inputsOf(files).toReversed()) await saveInput(trx, store, task, input)
  })
  t.same(await loadInputs(db, store, task), files)
  t.same((await listInputKinds(db, task)).sort(), ['first_frame', 'input', 'last_frame', 'reference', 'reference', 'reference', 'source'])
})

t.test('the file of two tasks goes with the second', async t => {
  const image = checkImage(png(8, 8), 'inputReference')
  const tasks = [await addTask(), await addTask()]
  for (const task of tasks) await db.transaction().execute(trx => saveInput(trx, store, task, { kind: 'input', position: 0, file: image }))

  const first = await releaseAssets(db, tasks[0]!)
  await removeUnused(db, store, first)
  t.equal((await loadInputs(db, store, tasks[0]!)).image, undefined)
  t.same((await loadInputs(db, store, tasks[1]!)).image, image)

  await removeUnused(db, store, await releaseAssets(db, tasks[1]!))
  await t.rejects(store.open(first[0]!), { name: 'AssetMissing' })
})

t.test('a task that saves the same image while it is removed keeps it', async t => {
  const image = checkImage(png(9, 9), 'inputReference')
  for (let round = 0; round < 10; round++) {
    const [leaving, coming] = [await addTask(), await addTask()]
    await db.transaction().execute(trx => saveInput(trx, store, leaving, { kind: 'input', position: 0, file: image }))
    const released = await releaseAssets(db, leaving)
    await Promise.all([
      db.transaction().execute(trx => saveInput(trx, store, coming, { kind: 'input', position: 0, file: image })),
      removeUnused(db, store, released)
    ])
    t.same((await loadInputs(db, store, coming)).image, image)
    await removeUnused(db, store, await releaseAssets(db, coming))
  }
})
