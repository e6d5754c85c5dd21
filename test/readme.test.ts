import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import packageJson from '../package.json' with { type: 'json' }
import { insertUser } from '../server/accounts/users.ts'
import { ConfigSchema } from '../server/config.ts'
import { PASSWORD } from './support/accounts.ts'
import { startApp } from './support/app.ts'

/** Refused in production, and no business of an operator. */
const FOR_TESTS_ONLY = ['FAILPOINT']
const READMES = ['README.md', 'README.zh-CN.md']

const root = new URL('../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, root), 'utf8')
// Longer than it takes to open the stream, which tells of unfinished tasks only.
const { app, db } = await startApp(t, { SANDBOX_DURATION_MS: '3000', POLL_MAX_MS: '500' })

/** The cells of every table row whose first cell begins with a name in backticks. */
function rows (text: string): string[][] {
  return [...text.matchAll(/^\| (`.*) \|$/gm)].map(match => match[1]!.split(' | '))
}

/** The commands of a marked block. */
function commands (text: string, name: string): string[] {
  const [, block = ''] = new RegExp(`<!-- ${name} -->\n\`\`\`sh\n([^]*?)\`\`\``).exec(text) ?? []
  return block.split('\n').filter(line => line && !line.startsWith('#'))
}

/** Those of the report, without the two lines people fill in, and of the batch that follows it. */
function report (text: string): string[] {
  return [...commands(text, 'report').slice(2), ...commands(text, 'batch')]
}

for (const name of READMES) {
  const text = read(name)

  t.test(`${name} lists every variable of the configuration with its default`, async t => {
    const documented = rows(text).filter(([first]) => /^`[A-Z_]+`$/.test(first!))
    const names = documented.map(([first]) => first!.slice(1, -1))
    t.same(names.toSorted(), Object.keys(ConfigSchema.properties).filter(name => !FOR_TESTS_ONLY.includes(name)).sort())
    for (const [first, value] of documented) {
      const { default: fallback } = (ConfigSchema.properties as Record<string, { default?: unknown }>)[first!.slice(1, -1)]!
      if (fallback !== undefined && fallback !== '') t.equal(value, `\`${fallback}\``, first)
      else t.notMatch(value, /`/, `${first} has no default`)
    }
  })

  t.test(`every route ${name} names exists`, async t => {
    const routes = [...text.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/[^\s`]*)`/g)]
    t.ok(routes.length > 15)
    for (const [, method, url] of routes) t.ok(app.hasRoute({ method: method as 'GET', url: url! }) || app.hasRoute({ method: method as 'GET', url: `${url}/` }), `${method} ${url}`)
  })

  t.test(`every script and file ${name} names exists`, async t => {
    for (const [, script] of text.matchAll(/npm run (?:-s )?([a-z:-]+)/g)) t.hasOwnProp(packageJson.scripts, script!)
    const files = [...text.matchAll(/\]\(([^)#:]+)\)/g), ...text.matchAll(/`((?:server|plugins|routes|migrations|test|bench)\/[\w./-]*)`/g)]
    t.ok(files.length > 10)
    for (const [, file] of files) t.ok(existsSync(new URL(file!, root)), file)
  })
}

t.test('both languages tell the same report', async t => {
  const [first, second] = READMES.map(name => report(read(name)))
  t.ok(first!.length > 10)
  t.same(second, first)
})

t.test('the report can be pasted into a shell', async t => {
  await insertUser(db, { username: 'admin', password: PASSWORD, role: 'admin' })
  const base = await app.listen({ port: 0, host: '127.0.0.1' })
  const cwd = await mkdtemp(join(tmpdir(), 'reelay-readme-'))
  t.teardown(() => rm(cwd, { recursive: true, force: true }))

  const script = ['set -eu', `BASE=${base}`, `PASSWORD='${PASSWORD}'`, ...report(read('README.md'))].join('\n')
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd })

  const receipt = JSON.parse(await readFile(join(cwd, 'remix.json'), 'utf8')).data
  t.match(receipt, { status: 'processing', remixed_from: /^video_/ })
  const task = await db.selectFrom('tasks').selectAll().where('id', '=', receipt.videoId).executeTakeFirstOrThrow()
  t.equal(task.status, 'COMPLETED')
  t.match(task.metadata, { type: 'remix', remix_from: receipt.remixed_from })
  t.match(stdout, '"rootId":')
  t.match(stdout, /"total":4,"counts":{[^}]*"COMPLETED":4/)
  t.match(stdout, `${receipt.remixed_from} -->|remix| ${receipt.videoId}`)
  t.equal((await readFile(join(cwd, 'remix.mp4'))).toString('latin1', 4, 8), 'ftyp')
})
