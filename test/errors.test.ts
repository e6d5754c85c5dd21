import { readFileSync } from 'node:fs'
import t from 'tap'
import { errorDocs } from '../server/error-docs.ts'
import { ERROR_STATUS, TASK_ERROR_CODES } from '../server/errors.ts'
import { startApp } from './support/app.ts'

const { app } = await startApp(t)

t.test('docs/errors.md is what the catalogue says; npm run docs:errors writes it', async t => {
  t.equal(readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8'), errorDocs())
})

t.test('GET /api/errors serves every code in both languages, to anybody', async t => {
  const response = await app.inject('/api/errors')
  t.equal(response.statusCode, 200)
  const { errors, failureClasses } = response.json().data
  t.same(Object.fromEntries(errors.map(({ code, status }: { code: string, status: number }) => [code, status])), ERROR_STATUS)
  for (const { en, 'zh-CN': zhCN } of errors) t.match({ en, zhCN }, { en: { error: /\S/, hint: /\S/ }, zhCN: { error: /\p{Script=Han}/u, hint: /\p{Script=Han}/u } })
  t.same(errors.filter(({ onTasks }: { onTasks: boolean }) => onTasks).map(({ code }: { code: string }) => code).sort(), [...TASK_ERROR_CODES].sort())
  t.match(failureClasses, [{ class: 'moderation', en: /policy/, 'zh-CN': /政策/ }, { class: 'quota' }])
})
