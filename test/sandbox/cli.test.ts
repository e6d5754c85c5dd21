import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createClient, read } from './client.ts'

const CLI = new URL('../../server/sandbox/index.ts', import.meta.url).pathname

async function startCli (t: Test, ...args: string[]) {
  const child = spawn(process.execPath, [CLI, '--port', '0', ...args], { env: { ...process.env, SANDBOX_DURATION_MS: '50' } })
  t.teardown(() => child.kill('SIGKILL'))
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data') as [string]
  return { child, text, client: createClient(/http:\/\/[\d.:]+/.exec(text)![0], 'key') }
}

t.test('the command says where it listens and how to point Reelay at it', async t => {
  const { text, client, child } = await startCli(t, '--key', 'key', '--behaviour', '{"extraKeys":{"quality":"standard"}}')
  t.match(text, /UPSTREAM_TYPE=sora-relay UPSTREAM_BASE_URL=http:\/\/127\.0\.0\.1:\d+ UPSTREAM_API_KEY=key/)
  const created = await read(client.createOpenai('p'))
  t.equal(created.quality, 'standard')
  child.kill('SIGTERM')
  t.same(await once(child, 'exit'), [0, null])
})

t.test('what was paid for survives kill -9', async t => {
  const ledgerFile = join(t.testdir(), 'ledger.jsonl')
  const first = await startCli(t, '--ledger', ledgerFile)
  const receipts = await Promise.all(['a', 'b', 'c [[drop-after-accept]]'].map(prompt => first.client.createSora(prompt).then(read, () => undefined)))
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')

  const second = await startCli(t, '--ledger', ledgerFile)
  const ledger = await second.client.ledger()
  t.same(ledger.map(({ prompt }) => prompt).sort(), ['a', 'b', 'c [[drop-after-accept]]'])
  t.equal((await second.client.sora(`/${receipts[0].id}`)).status, 200)
})

t.test('a wrong option is one line and exit code 2', async t => {
  for (const args of [['--behaviour', '{"x":1}'], ['--speed', '9']]) {
    const child = spawn(process.execPath, [CLI, ...args])
    const output: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text))
    t.same(await once(child, 'close'), [2, null])
    t.match(output.join(''), /^sandbox: .*\n$/)
  }
})
