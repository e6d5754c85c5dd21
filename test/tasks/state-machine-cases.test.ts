import fc from 'fast-check'
import t from 'tap'
import * as happens from './state-machine-commands.ts'
import { createWorld } from './state-machine-world.ts'

const world = await createWorld(t)

/** What the search (state-machine.test.ts) found once, as short as it gets. */
function found (title: string, commands: ReturnType<typeof happens.create>[]) {
  t.test(title, async t => {
    t.teardown(() => world.clear())
    const life = world.begin()
    const model: happens.Model = { tasks: [], maxTasks: 5 }
    await fc.asyncModelRun(() => ({ model, real: life }), commands)
    await t.resolves(happens.expectAllToEnd(model, life))
  })
}

found('a task whose cancel came while it was being sent is not sent again when nothing had left', [
  happens.create('none', 'a cat', 'heldUnmade', 'requested'),
  happens.cancel(0, 'requested'),
  happens.answerAtLast(0, 'unsent', 'requested'),
  happens.runSubmitJob(0, 0, 'accepted', 'requested', true)
])

found('a task whose cancel came while it was being sent ends cancelled when its provider has never heard of it', [
  happens.create('list', 'a cat', 'heldUnmade', 'cancelled'),
  happens.cancel(0, 'cancelled'),
  happens.loseJobs(0)
])

found('a deleted task stays deleted when its submission is acknowledged late', [
  happens.create('none', 'a cat', 'heldUnmade', 'cancelled'),
  happens.expireLeasesAndSweep(),
  happens.remove(0, 'cancelled'),
  happens.answerAtLast(0, 'accepted', 'cancelled')
])

const WRONGLY_ADOPTED = [
  happens.create('list', 'a cat', 'heldMade', 'cancelled'),
  happens.create('list', 'a cat', 'lostUnmade', 'cancelled'),
  happens.expireLeasesAndSweep(),
  happens.runConfirmJob(1, 0, 'accepted', 'all', false, 'cancelled')
]

found('a wrongly adopted job goes back to the task that it was made for', [
  ...WRONGLY_ADOPTED,
  happens.answerAtLast(0, 'accepted', 'cancelled')
])

found('a wrongly adopted job stays with a task that has its video', [
  ...WRONGLY_ADOPTED,
  happens.poll(1, 0, 'completed', 0, 'written', true),
  happens.answerAtLast(0, 'accepted', 'cancelled')
])

found('a wrongly adopted job is no longer that of a cancelled task', [
  ...WRONGLY_ADOPTED,
  happens.cancel(1, 'cancelled'),
  happens.answerAtLast(0, 'accepted', 'cancelled')
])

found('a late acknowledgement changes nothing about a video that was delivered', [
  happens.create('list', 'a cat', 'heldUnmade', 'cancelled'),
  happens.create('list', 'a cat', 'heldMade', 'cancelled'),
  happens.expireLeasesAndSweep(),
  happens.runConfirmJob(0, 0, 'accepted', 'all', false, 'cancelled'),
  happens.poll(0, 0, 'completed', 0, 'written', true),
  happens.answerAtLast(0, 'accepted', 'cancelled')
])

found('a provider that is asked by the same key is not asked after a cancel', [
  happens.create('idempotent', 'a cat', 'heldUnmade', 'cancelled'),
  happens.expireLeasesAndSweep(),
  happens.answerAtLast(0, 'unsent', 'cancelled'),
  happens.remove(0, 'cancelled'),
  happens.runConfirmJob(0, 0, 'refused', 'all', false, 'cancelled')
])
