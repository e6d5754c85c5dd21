import fc from 'fast-check'
import t from 'tap'
import * as happens from './state-machine-commands.ts'
import { createWorld } from './state-machine-world.ts'

const world = await createWorld(t)

/** What the search (state-machine.test.ts) found once, as short as it gets. */
function found (title: string, commands: ReturnType<typeof happens.create>[]) {
  t.test(title, async t => {
    const life = world.begin()
    const model: happens.Model = { tasks: [], maxTasks: 5 }
    await fc.asyncModelRun(() => ({ model, real: life }), commands)
    await happens.expectAllToEnd(model, life)
    await world.clear()
    t.pass()
  })
}

found('a task whose cancel came while it was being sent is not sent again when nothing had left', [
  happens.create('none', 'a cat', 'heldUnmade', 'requested'),
  happens.cancel(0, 'requested'),
  happens.answerAtLast(0, 'unsent', 'requested'),
  happens.runSubmitJob(0, 0, 'accepted', 'requested', true)
])

found('a deleted task stays deleted when its submission is acknowledged late', [
  happens.create('none', 'a cat', 'heldUnmade', 'cancelled'),
  happens.expireLeasesAndSweep(),
  happens.remove(0, 'cancelled'),
  happens.answerAtLast(0, 'accepted', 'cancelled')
])
