import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { findPostmaster } from '../../server/database/embedded/postmaster.ts'
import { createEmptyDatabase } from '../support/database.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'server', 'migrate.ts')

interface Outcome { code: number | null, out: string, err: string }

async function migrate (args: string[], env: Record<string, string>): Promise<Outcome> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: root, env: { PATH: process.env.PATH, ...env } })
  const code = new Promise<number | null>(resolve => child.on('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, err }
}

const root = mkdtempSync(join(tmpdir(), 'migrate-'))
t.teardown(() => rmSync(root, { recursive: true, force: true }))

const folder = join(root, 'files')
mkdirSync(folder)
writeFileSync(join(folder, '0001_create_a.sql'), 'create table a ();\n')

/** A Postgres as far as the first answer goes: SCRAM wanted, then this error. */
async function refusingServer (code: string, message: string): Promise<string> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => {
      const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
      const head = Buffer.alloc(5, 'E')
      head.writeInt32BE(fields.length + 4, 1)
      socket.end(Buffer.concat([head, fields]))
    })
  })
  t.teardown(() => server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `postgres://ann:secret-word@127.0.0.1:${(server.address() as { port: number }).port}/shop`
}

t.test('up is the default, tells what it did, and then that nothing is left', async t => {
  const env = { DATABASE_URL: await createEmptyDatabase(t) }
  const first = await migrate(['--dir', folder], env)
  t.match(first, { code: 0, out: /^applied {2}0001_create_a\.sql\napplied {2}pg-boss schema \d+\n$/, err: '' })
  t.same(await migrate(['up', '--dir', folder], env), { code: 0, out: 'already up to date\n', err: '' })
})

t.test('status and verify change nothing, speak JSON, and verify fails on drift', async t => {
  const env = { DATABASE_URL: await createEmptyDatabase(t) }
  const args = ['--json', '--dir', folder]
  const before = await migrate(['status', ...args], env)
  t.match(JSON.parse(before.out), { ok: true, command: 'status', migrations: [{ name: '0001_create_a.sql', state: 'pending', appliedAt: null }], pgBoss: { installed: null }, drift: [] })
  t.equal(before.code, 0)

  t.match(JSON.parse((await migrate(['up', ...args], env)).out), { ok: true, upToDate: false, applied: ['0001_create_a.sql'] })
  t.match(await migrate(['verify', '--dir', folder], env), { code: 0, out: '1 applied migrations match their files; 0 pending\n' })

  const edited = mkdtempSync(join(root, 'edited-'))
  writeFileSync(join(edited, '0001_create_a.sql'), 'create table b ();\n')
  const after = await migrate(['verify', '--json', '--dir', edited], env)
  t.match(JSON.parse(after.out), { ok: false, drift: [{ file: '0001_create_a.sql' }] })
  t.equal(after.code, 1)
  t.equal((await migrate(['status', '--dir', edited], env)).code, 0)
})

t.test('a failing statement: exit code 1, one line with file and line, or the same as JSON', async t => {
  const env = { DATABASE_URL: await createEmptyDatabase(t) }
  const broken = mkdtempSync(join(root, 'broken-'))
  writeFileSync(join(broken, '0001_break.sql'), 'select 1;\nselect\n  nothing;\n')
  t.same(await migrate(['--dir', broken], env), { code: 1, out: '', err: 'migrate: 0001_break.sql:3: column "nothing" does not exist\n' })

  const { code, out } = await migrate(['--json', '--dir', broken], env)
  t.match(JSON.parse(out), { ok: false, error: { code: 'STATEMENT_FAILED', file: '0001_break.sql', line: 3 } })
  t.equal(code, 1)
})

t.test('why there is no connection fits on one line, without the password', async t => {
  const known = new URL(await createEmptyDatabase(t))
  known.pathname = '/nowhere'
  const cases: Array<[string, RegExp]> = [
    ['postgres://ann:secret-word@127.0.0.1:1/shop', /Cannot reach Postgres at 127\.0\.0\.1:1: connection refused/],
    ['postgres://ann:secret-word@localhost:1/shop', /Cannot reach Postgres at localhost:1: connection refused/],
    ['postgres://ann:secret-word@[broken/shop', /DATABASE_URL cannot be read/],
    [known.href, /has no database "nowhere"/],
    [await refusingServer('28P01', 'password authentication failed'), /Postgres at 127\.0\.0\.1:\d+ refused the password of user "ann"/],
    [await refusingServer('57P03', 'the database system is starting up'), /Cannot reach Postgres at .*: the database system is starting up/]
  ]
  const outcomes = await Promise.all(cases.map(([url]) => migrate(['--dir', folder], { DATABASE_URL: url })))
  outcomes.forEach(({ code, out, err }, index) => {
    t.equal(code, 1)
    t.match(err, cases[index]![1])
    t.match(err, /^migrate: [^\n]+\n$/)
    t.notMatch(err + out, 'secret-word')
  })
})

t.test('wrong usage is exit code 2', async t => {
  const [command, option, extra, nameless] = await Promise.all([
    migrate(['down'], {}), migrate(['--fast'], {}), migrate(['up', '0001'], {}), migrate(['new'], {})
  ])
  t.match(command, { code: 2, err: /unknown command "down"/ })
  t.match(option, { code: 2, err: /--fast/ })
  t.match(extra, { code: 2 })
  t.match(nameless, { code: 2, err: /needs a name/ })
})

t.test('new makes the next file, which has to be filled in before it is applied', async t => {
  const own = mkdtempSync(join(root, 'new-'))
  t.match(await migrate(['new', 'Add tasks priority', '--dir', own], {}), { code: 0 })
  t.match(await migrate(['new', 'drop_tasks_priority.sql', '--dir', own], {}), { code: 0 })
  t.same(readdirSync(own), ['0001_add_tasks_priority.sql', '0002_drop_tasks_priority.sql'])
  t.match(readFileSync(join(own, '0001_add_tasks_priority.sql'), 'utf8'), /^-- /)
  const { code, err } = await migrate(['--dir', own], { DATABASE_URL: await createEmptyDatabase(t) })
  t.match(err, /0001_add_tasks_priority\.sql:1: there is no statement/)
  t.equal(code, 1)
})

t.test('without DATABASE_URL several runners share the embedded database and leave none running', async t => {
  const env = { DATA_DIR: join(root, 'data'), NODE_ENV: 'production' }
  const outcomes = await Promise.all([1, 2, 3].map(() => migrate(['--json', '--dir', folder], env)))
  t.same(outcomes.map(({ code }) => code), [0, 0, 0])
  t.equal(outcomes.filter(({ out }) => !JSON.parse(out).upToDate).length, 1)
  t.equal(findPostmaster(join(root, 'data', 'postgres')), undefined)
})
