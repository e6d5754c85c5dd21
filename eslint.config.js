import neostandard from 'neostandard'

const forbid = (files, group, message, ignores = []) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] }
})

export default [
  ...neostandard({ ts: true, ignores: ['.data/**', '.tap/**', 'web/dist/**'] }),
  {
    files: ['**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'error' }
  },
  forbid(['server/*/**'], ['fastify', 'fastify-plugin', '@fastify/*', '!@fastify/error', '**/plugins/**', '**/routes/**'], 'server/* stays free of HTTP serving', ['server/sandbox/**', 'server/demo/**']),
  forbid(['plugins/**'], ['**/routes/**'], 'plugins do not know routes'),
  forbid(['routes/**'], ['**/plugins/**', 'pg', 'undici'], 'routes reach resources through decorators'),
  forbid(['server/**'], ['undici'], 'outbound HTTP goes through the egress client', ['server/upstreams/egress*.ts', 'server/demo/**'])
]
