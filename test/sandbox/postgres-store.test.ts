import t from 'tap'
import { createDatabase } from '../../server/database/connect.ts'
import { createPostgresStore } from '../../server/sandbox/postgres-store.ts'
import { createTestDatabase } from '../support/database.ts'
import { read, startTestSandbox } from './client.ts'
import { checkSurvival } from './survival.ts'

const db = createDatabase(await createTestDatabase(t), 5)
t.teardown(() => db.destroy())
const open = () => createPostgresStore(db)

t.test('the Postgres store survives a restart', t => checkSurvival(t, open))

t.test('every process sees the same jobs at once', async t => {
  const one = await startTestSandbox(t, { store: open() })
  const other = await startTestSandbox(t, { store: open(), apiKey: undefined })
  const { id } = await read(one.client.createOpenai('p'))
  t.equal((await read(other.client.openai(`/${id}`))).prompt, 'p')
  await other.client.openai(`/${id}/cancel`, { method: 'POST' })
  t.equal((await read(one.client.openai(`/${id}`))).status, 'cancelled')
})

t.test('racers with one idempotency key make one job in two processes', async t => {
  const behaviour = { idempotent: true }
  const sandboxes = [await startTestSandbox(t, { store: open(), behaviour }), await startTestSandbox(t, { store: open(), behaviour })]
  const racers = await Promise.all(Array.from({ length: 10 }, (_, i) => read(sandboxes[i % 2]!.client.createOpenai('race', { 'idempotency-key': 'race' }))))
  t.equal(new Set(racers.map(({ id }) => id)).size, 1)
  t.equal((await sandboxes[0]!.client.ledger()).filter(({ prompt }) => prompt === 'race').length, 1)
})
