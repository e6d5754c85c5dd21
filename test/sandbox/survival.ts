import type { Test } from 'tap'
import type { SandboxStore } from '../../server/sandbox/store.ts'
import { read, startTestSandbox } from './client.ts'

/** A store opened a second time must know all that the first one was told. */
export async function checkSurvival (t: Test, open: () => SandboxStore): Promise<void> {
  const first = await startTestSandbox(t, { store: open() })
  const done = await read(first.client.createOpenai('一只小猫 [[sandbox: duration=0]]', { 'idempotency-key': 'k' }))
  const cancelled = await read(first.client.createOpenai('cancelled'))
  await first.client.openai(`/${cancelled.id}/cancel`, { method: 'POST' })
  const removed = await read(first.client.createOpenai('removed [[sandbox: duration=0]]'))
  await first.client.openai(`/${removed.id}`, { method: 'DELETE' })
  const running = await read(first.client.createOpenai('running [[sandbox: poll=503]]'))
  const ledger = await first.client.ledger()
  await first.close()

  const { client } = await startTestSandbox(t, { store: open() })
  t.same(await client.ledger(), ledger)
  t.equal(ledger.length, 4)
  t.match(await read(client.openai(`/${done.id}`)), { status: 'completed', prompt: /一只小猫/ })
  t.equal((await client.openai(`/${done.id}/content`)).status, 200)
  t.equal((await read(client.openai(`/${cancelled.id}`))).status, 'cancelled')
  t.equal((await client.openai(`/${removed.id}`)).status, 404)
  t.equal((await client.openai(`/${running.id}`)).status, 503)

  const newest = await read(client.openai('?limit=2'))
  t.same(newest.data.map(({ id }: { id: string }) => id), [running.id, cancelled.id])
  const rest = await read(client.openai(`?limit=2&after=${newest.last_id}`))
  t.same(rest.data.map(({ id }: { id: string }) => id), [done.id])
  t.equal(rest.has_more, false)
  const oldest = await read(client.openai(`?limit=1&order=asc&after=${done.id}`))
  t.same(oldest.data.map(({ id }: { id: string }) => id), [cancelled.id])

  await fetch(`${client.url}/control/reset`, { method: 'POST' })
  t.same(await client.ledger(), [])
}
