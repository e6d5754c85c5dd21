import { writeFileSync } from 'node:fs'
import { errorCatalogue, failureClasses } from './errors.ts'

/** docs/errors.md, from the catalogue; a test keeps the file in step. `npm run docs:errors` writes it. */
export function errorDocs (): string {
  return `# Error codes

Written by \`npm run docs:errors\` from \`server/errors.ts\` and \`server/locales/\`; \`GET /api/errors\` serves the same.

An error answers with its HTTP status, \`code\`, a sentence (\`error\`) and what to do next (\`hint\`), in the language of \`Accept-Language\`. Codes never change. \`{places}\` are filled when it happens.
Those marked *task* can also stand on a task, as \`errorCode\`, \`errorMessage\` and \`errorHint\`.

| code | status | task | what happened | what to do | 发生了什么 | 怎么办 |
|---|---|---|---|---|---|---|
${errorCatalogue().map(errorRow).join('\n')}

## What went wrong at the provider

A provider's failure is classed from its own codes and words. The class stands in the timeline (\`GET /api/video/tasks/:videoId/events\`) as \`detail.class\`, and decides the hint of \`UPSTREAM_REFUSED\` and \`UPSTREAM_FAILED\`.

| class | what to do | 怎么办 |
|---|---|---|
${failureClasses().map(({ class: name, en, 'zh-CN': zhCN }) => row([code(name), en, zhCN])).join('\n')}
`
}

function errorRow ({ code: name, status, onTasks, en, 'zh-CN': zhCN }: ReturnType<typeof errorCatalogue>[number]): string {
  return row([code(name), String(status), onTasks ? 'task' : '', en.error, en.hint, zhCN.error, zhCN.hint])
}

function row (cells: string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function code (text: string): string {
  return `\`${text}\``
}

if (import.meta.main) writeFileSync(new URL('../docs/errors.md', import.meta.url), errorDocs())
