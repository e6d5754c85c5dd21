import t from 'tap'
import { ConfigError, loadConfig } from '../server/config.ts'

const upstream = { UPSTREAM_TYPE: 'openai', UPSTREAM_BASE_URL: 'https://api.example.com/v1', UPSTREAM_API_KEY: 'key' }

t.test('without variables everything has its default', async t => {
  t.match(loadConfig({}), { PORT: 3001, HOST: '127.0.0.1', ROLES: 'api,worker', SANDBOX: 'auto', SANDBOX_DURATION_MS: 30_000, SUBMIT_WAIT_MS: 15_000, TASK_DEADLINE_MS: 3_600_000, POLL_MIN_MS: 2_000, POLL_MAX_MS: 30_000, MIGRATE_ON_START: true, DEFAULT_LOCALE: 'en', LOG_LEVEL: 'info', CORS_ORIGINS: '' })
  t.equal(loadConfig({ PORT: '' }).PORT, 3001, 'empty is not set')
})

t.test('values are read as what they must be', async t => {
  t.match(loadConfig({ PORT: ' 8080 ', SUBMIT_WAIT_MS: '0', EVENT_RETENTION_DAYS: '0.5', MIGRATE_ON_START: 'false' }), { PORT: 8080, SUBMIT_WAIT_MS: 0, EVENT_RETENTION_DAYS: 0.5, MIGRATE_ON_START: false })
  t.match(loadConfig(upstream), upstream)
  t.ok(loadConfig({ ...upstream, UPSTREAM_TYPE: '' }), 'a way to leave it out for once')
  for (const TRUST_PROXY of ['10.0.0.1', '10.0.0.0/8, ::1', 'loopback,fd00::/8']) t.equal(loadConfig({ TRUST_PROXY }).TRUST_PROXY, TRUST_PROXY)
  t.ok(loadConfig({ CORS_ORIGINS: 'https://a.example, http://localhost:5173' }))
})

const WRONG: Array<[env: Record<string, string>, variable: string]> = [
  [{ PORT: 'abc' }, 'PORT'],
  [{ PORT: '65536' }, 'PORT'],
  [{ PORT: '0x10' }, 'PORT'],
  [{ PORT: '3001.5' }, 'PORT'],
  [{ SUBMIT_WAIT_MS: '1e3' }, 'SUBMIT_WAIT_MS'],
  [{ POLL_MIN_MS: '50000' }, 'POLL_MIN_MS'],
  [{ EVENT_RETENTION_DAYS: 'a week' }, 'EVENT_RETENTION_DAYS'],
  [{ MIGRATE_ON_START: 'maybe' }, 'MIGRATE_ON_START'],
  [{ PUBLIC_URL: 'video.example.com' }, 'PUBLIC_URL'],
  [{ PUBLIC_URL: 'https://a.example/?x' }, 'PUBLIC_URL'],
  [{ PUBLIC_URL: 'https://[' }, 'PUBLIC_URL'],
  [{ CORS_ORIGINS: '*' }, 'CORS_ORIGINS'],
  [{ CORS_ORIGINS: 'a.example' }, 'CORS_ORIGINS'],
  [{ CORS_ORIGINS: 'https://a.example,https://b.example/' }, 'CORS_ORIGINS'],
  [{ DATABASE_URL: 'mysql://a' }, 'DATABASE_URL'],
  [{ ROLES: 'api,web' }, 'ROLES'],
  [{ SANDBOX: 'maybe' }, 'SANDBOX'],
  [{ DEFAULT_LOCALE: 'fr' }, 'DEFAULT_LOCALE'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  [{ TRUST_PROXY: 'true' }, 'TRUST_PROXY'],
  [{ TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY'],
  [{ TRUST_PROXY: '10.0.0.0/' }, 'TRUST_PROXY'],
  [{ ...upstream, UPSTREAM_TYPE: 'nobody' }, 'UPSTREAM_TYPE'],
  [{ ...upstream, UPSTREAM_BASE_URL: '' }, 'UPSTREAM_BASE_URL'],
  [{ ...upstream, UPSTREAM_API_KEY: '' }, 'UPSTREAM_API_KEY'],
  [{ UPSTREAM_WEBHOOK_SECRET: 'x'.repeat(16) }, 'UPSTREAM_TYPE'],
  [{ NODE_ENV: 'production' }, 'JWT_SECRET']
]

for (const [env, variable] of WRONG) {
  t.test(`${JSON.stringify(env)} is refused in one line that names ${variable}`, async t => {
    const error = t.throws(() => loadConfig(env), ConfigError) as unknown as Error
    t.match(error.message, new RegExp(`^${variable}: [^\\n]+$`))
  })
}
