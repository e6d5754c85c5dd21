import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { parseEnv, promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import packageJson from '../package.json' with { type: 'json' }
import { ConfigSchema, loadConfig } from '../server/config.ts'

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
/** FAILPOINT is for tests and refused in production. */
const variables = Object.keys(ConfigSchema.properties).filter(name => name !== 'FAILPOINT')

t.test('.env.example names every variable once, with its default, and only as a comment', async t => {
  const example = read('.env.example')
  const named = [...example.matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(match => ({ name: match[1]!, value: match[2]! }))
  t.same(named.map(({ name }) => name).sort(), variables.toSorted())
  t.same(parseEnv(example), {})
  for (const { name, value } of named) {
    const { default: fallback } = (ConfigSchema.properties as Record<string, { default?: unknown }>)[name]!
    if (fallback !== undefined) t.equal(value, String(fallback), name)
  }
})

t.test('.env.example uncommented is a configuration that starts', async t => {
  const settings = parseEnv(read('.env.example').replace(/^# ([A-Z_]+=)/gm, '$1'))
  t.equal(Object.keys(settings).length, variables.length)
  t.doesNotThrow(() => loadConfig({ ...settings, UPSTREAM_API_KEY: 'a key' }))
})

t.test('the image runs the pinned Node, as nobody in particular, with what it copies', async t => {
  const instructions = read('Dockerfile').replace(/\\\n/g, '').split('\n').filter(line => /^[A-Z]/.test(line))
  const argumentsOf = (keyword: string) => instructions.filter(line => line.startsWith(`${keyword} `)).map(line => line.slice(keyword.length + 1))

  const pinned = new RegExp(`^node:${packageJson.devDependencies.node.replaceAll('.', '\\.')}-`)
  t.match(argumentsOf('FROM'), [pinned, pinned])
  t.same(argumentsOf('USER'), ['node'])
  t.ok(instructions.indexOf('USER node') < instructions.findIndex(line => line.startsWith('CMD ')))
  t.match(argumentsOf('RUN'), [/node web\/build\.ts$/, /^npm ci --omit=dev/, /^install/])
  t.match(argumentsOf('HEALTHCHECK')[0], '/health')

  const copied = argumentsOf('COPY').filter(line => !line.startsWith('--from=')).flatMap(line => line.split(/\s+/).slice(0, -1))
  t.same(copied, ['package.json', 'package-lock.json', 'web', 'package.json', 'package-lock.json', 'web/package.json', 'migrations', 'plugins', 'routes', 'server'])
  const allowed = read('.dockerignore').split('\n').filter(line => line.startsWith('!')).map(line => line.slice(1))
  t.same(allowed.toSorted(), [...new Set(copied.map(path => path.replace(/^web\/.*/, 'web')))].toSorted())
  t.match(read('.dockerignore'), /^\*$/m)
})

t.test('no package of the image needs an install script', async t => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean, optional?: boolean, hasInstallScript?: boolean }> }
  const scripted = Object.entries(packages).filter(([, entry]) => entry.hasInstallScript && !entry.dev && !entry.optional).map(([name]) => name)
  t.same(scripted, [])
})

t.test('compose.yaml starts Reelay behind a healthy Postgres, asks for its secrets and holds none', async t => {
  const { services: { postgres, reelay }, volumes } = parse(read('compose.yaml'))
  t.equal(postgres.image, 'postgres:18')
  t.ok(postgres.healthcheck.test && reelay.healthcheck.test)
  t.equal(reelay.depends_on.postgres.condition, 'service_healthy')
  for (const name of ['JWT_SECRET', 'ENCRYPTION_KEY']) t.match(reelay.environment[name], new RegExp(`^\\$\\{${name}:\\?`))
  t.match(postgres.environment.POSTGRES_PASSWORD, /^\$\{POSTGRES_PASSWORD:\?/)
  t.match(reelay.environment.DATABASE_URL, /:\$\{POSTGRES_PASSWORD:\?[^}]+\}@postgres:/)
  t.match(reelay.environment.UPSTREAM_API_KEY, /^\$\{UPSTREAM_API_KEY:-\}$/)

  for (const name of Object.keys(reelay.environment)) t.ok(variables.includes(name), name)
  const mounted = [...postgres.volumes, ...reelay.volumes].map((mount: string) => mount.split(':')[0])
  t.same(mounted, Object.keys(volumes))
  t.equal(parseInt(reelay.stop_grace_period), 20)
})

t.test('with its secrets and nothing else the environment of compose.yaml is a production configuration', async t => {
  const { services: { reelay } } = parse(read('compose.yaml'))
  const filled = Object.fromEntries(Object.entries<string>(reelay.environment).map(([name, value]) => [name, value
    .replace(/\$\{\w+:\?[^}]*\}/g, 'a'.repeat(40))
    .replace(/\$\{\w+:-([^}]*)\}/g, '$1')]))
  t.match(loadConfig({ NODE_ENV: 'production', DATA_DIR: '/data', ...filled }), { production: true, SANDBOX: 'auto', UPSTREAM_TYPE: undefined })
})

t.test('CI runs the test command of the README', async t => {
  t.ok(statSync(new URL('../.ci/run', import.meta.url)).mode & 0o100, 'executable')
  t.match(read('.ci/run'), '(npm ci && npm test)')
  t.match(read('README.md'), /^npm ci && npm test$/m)
})

t.test('test:web finds the tests of the console', async t => {
  const [, files] = / -- (.+)$/.exec(packageJson.scripts['test:web'])!
  const { stdout } = await promisify(execFile)('sh', ['-c', `node_modules/.bin/tap list ${files}`], { cwd: new URL('../', import.meta.url) })
  t.match(stdout, 'test/web/board.test.ts', 'a folder alone names no file to tap')
})
