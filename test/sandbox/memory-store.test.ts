import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createMemoryStore } from '../../server/sandbox/memory-store.ts'
import { startTestSandbox } from './client.ts'
import { checkSurvival } from './survival.ts'

t.test('with a ledger file the memory store survives', async t => {
  const ledgerFile = join(t.testdir(), 'ledger.jsonl')
  await checkSurvival(t, () => createMemoryStore({ ledgerFile }))
})

t.test('a line torn by a kill costs no other line', async t => {
  const ledgerFile = join(t.testdir(), 'ledger.jsonl')
  const first = await startTestSandbox(t, { store: createMemoryStore({ ledgerFile }) })
  await first.client.createSora('before')
  appendFileSync(ledgerFile, '\n{"job":{"id":"torn')
  const second = await startTestSandbox(t, { store: createMemoryStore({ ledgerFile }) })
  await second.client.createSora('after')
  const third = await startTestSandbox(t, { store: createMemoryStore({ ledgerFile }) })
  t.same((await third.client.ledger()).map(({ prompt }) => prompt), ['before', 'after'])
})
