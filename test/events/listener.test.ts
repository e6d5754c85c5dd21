import pg from 'pg'
import t from 'tap'
import { Listener } from '../../server/events/listener.ts'
import { createTestDatabase } from '../support/database.ts'
import { silentLog } from '../support/silent-log.ts'
import { startSilencingProxy } from '../support/silencing-proxy.ts'

t.test('a connection that falls silent before it listens is given up, and the next one hears what is notified', async t => {
  const url = await createTestDatabase(t)
  const proxy = await startSilencingProxy(t, url)
  const swallowed = proxy.swallowNext('listen ')
  let wakes = 0
  let onWake = () => {}
  const listener = new Listener(proxy.url, 'test_channel', () => { wakes++; onWake() }, silentLog)
  t.teardown(() => listener.close())
  const listening = new Promise<void>(resolve => { onWake = resolve })
  listener.start()
  await swallowed
  t.equal(wakes, 0)

  await listening
  t.equal(wakes, 1, 'it woke everybody once it listened: what was notified before is lost')
  const notified = new Promise<void>(resolve => { onWake = resolve })
  const client = new pg.Client(url)
  await client.connect()
  await client.query('notify test_channel')
  await client.end()
  await notified
  t.equal(wakes, 2)
})
