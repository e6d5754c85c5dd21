import fc from 'fast-check'
import t from 'tap'
import { commandArbitraries, expectAllToEnd, type Model } from './state-machine-commands.ts'
import { createWorld } from './state-machine-world.ts'

/** `npm run tap -- test/tasks/state-machine.test.ts --test-arg=<runs> --test-arg=<seed>` looks longer, or at the same again. */
const [runs = 80, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number)

const PATIENCE_MS = 60_000 + runs * 4_000
t.setTimeout(PATIENCE_MS)

t.test('whatever happens to tasks, in any order, keeps the promises of their life', async t => {
  const world = await createWorld(t)
  t.comment(`seed ${seed}`)
  t.setTimeout(PATIENCE_MS)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 2, 4), fc.noBias(fc.commands(commandArbitraries(), { maxCommands: 30, size: 'max' })), async (maxTasks, commands) => {
      const life = world.begin()
      const model: Model = { tasks: [], maxTasks }
      await fc.asyncModelRun(() => ({ model, real: life }), commands)
      await expectAllToEnd(model, life)
    }).afterEach(() => world.clear()),
    { numRuns: runs, seed, endOnFailure: false }
  )
})
