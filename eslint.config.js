import neostandard from 'neostandard'

/** Where several of these name a file, the last one alone counts. */
const forbid = (files, ...patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] }
})

const SERVING = { group: ['fastify', 'fastify-plugin', '@fastify/*', '!@fastify/error', '**/plugins/**', '**/routes/**'], message: 'server/* stays free of HTTP serving' }
const UNDICI = { group: ['undici'], message: 'outbound HTTP goes through the egress client' }
const WORKERS = { group: ['**/workers/*'], message: 'workers call the other rooms, never the other way round' }

export default [
  ...neostandard({ ts: true, ignores: ['.data/**', '.tap/**', 'web/dist/**', 'web/src/api/schema.d.ts'] }),
  {
    files: ['**/*.{ts,tsx}'],
    rules: { '@typescript-eslint/consistent-type-imports': 'error' }
  },
  forbid(['server/**'], UNDICI),
  forbid(['server/*/**'], UNDICI, SERVING, WORKERS),
  forbid(['server/workers/**'], UNDICI, SERVING),
  forbid(['server/upstreams/egress*.ts'], SERVING, WORKERS),
  forbid(['server/sandbox/**'], UNDICI, WORKERS),
  forbid(['server/demo/**'], WORKERS),
  forbid(['plugins/**'], { group: ['**/routes/**'], message: 'plugins do not know routes' }),
  {
    files: ['web/src/**'],
    // A prop is called onX; what it is given has a name of its own.
    rules: { 'react/jsx-handler-names': 'off' }
  },
  forbid(['web/src/**'], { group: ['**/server/**', '**/routes/**', '**/plugins/**'], message: 'the console is a client of the public API' }),
  forbid(['routes/**'], { group: ['**/plugins/**', 'pg', 'undici'], message: 'routes reach resources through decorators' })
]
