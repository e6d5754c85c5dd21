import t from 'tap'
import { ERROR_STATUS } from '../server/errors.ts'
import { chooseLocale } from '../server/locales/choose-locale.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { fieldMessage } from '../server/locales/field-messages.ts'
import { en } from '../server/locales/en.ts'
import { zhCN } from '../server/locales/zh-CN.ts'

t.test('Accept-Language decides, the default where it names none of ours', async t => {
  const cases: Array<[string | undefined, string]> = [
    [undefined, 'en'],
    ['', 'en'],
    ['zh-CN', 'zh-CN'],
    ['zh-Hant-TW', 'zh-CN'],
    ['ZH', 'zh-CN'],
    ['en-US,en;q=0.9,zh;q=0.8', 'en'],
    ['fr, zh;q=0.2, en;q=0.1', 'zh-CN'],
    ['en;q=0.1, zh;q=0.9', 'zh-CN'],
    ['zh;q=0', 'en'],
    ['*', 'en'],
    ['zh;q=nonsense', 'en']
  ]
  for (const [header, expected] of cases) t.equal(chooseLocale(header, 'en'), expected, String(header))
  t.equal(chooseLocale('fr', 'zh-CN'), 'zh-CN')
})

t.test('both languages name the same parameters', async t => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(match => match[0]).sort()
  for (const code of Object.keys(ERROR_STATUS) as Array<keyof typeof ERROR_STATUS>) {
    t.same(places(zhCN.errors[code].join()), places(en.errors[code].join()), code)
  }
  for (const key of Object.keys(en.problems) as Array<keyof typeof en.problems>) {
    t.same(places(zhCN.problems[key]), places(en.problems[key]), key)
  }
  for (const key of Object.keys(en.reasons) as Array<keyof typeof en.reasons>) {
    t.same(places(zhCN.reasons[key]), places(en.reasons[key]), key)
  }
})

t.test('what is wrong with a field has its sentence in Chinese, wherever it is thrown', async t => {
  const root = new URL('../', import.meta.url)
  const files = ['server', 'routes'].flatMap(folder => readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).map(name => `${folder}/${name}`))
  const calls = files.flatMap(file => [...readFileSync(new URL(file, root), 'utf8').matchAll(/invalidField\(.*?, (?=['`])(.*)\)$/gm)].map(match => ({ file, text: match[1]! })))
  t.ok(calls.length > 30)
  for (const { file, text } of calls) {
    const sentence = text.slice(1, -1).replaceAll("\\'", "'").replace(/\$\{[^}]*\}/g, '1')
    t.match(fieldMessage(sentence, 'zh-CN'), /\p{Script=Han}/u, `${file}: ${sentence}`)
  }
  t.equal(fieldMessage('must be at most 3', 'zh-CN'), '最多 3')
  t.equal(fieldMessage('must be one of 4, 8 seconds', 'zh-CN'), '必须是以下秒数之一：4, 8')
  t.equal(fieldMessage('nobody says this', 'zh-CN'), 'nobody says this')
  t.equal(fieldMessage('is given twice', 'en'), 'is given twice')
})
