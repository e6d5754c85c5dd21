import { ERROR_STATUS, sentence, type ErrorCode } from '../server/errors.ts'

export const TAGS = [
  { name: 'auth', description: 'Signing in, passwords and sessions of the caller' },
  { name: 'tasks', description: 'Videos: create, remix, list, read, watch where they came from' },
  { name: 'events', description: 'What changes, as it changes, and what happened so far' },
  { name: 'openai', description: 'The same tasks by OpenAI\'s Videos API, for its SDKs: base URL `/v1`' },
  { name: 'webhooks', description: 'Being told of one\'s tasks by signed requests (Standard Webhooks)' },
  { name: 'users', description: 'Accounts; administrators only' },
  { name: 'operations', description: 'For load balancers and monitors' }
]

export const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The token that `POST /api/auth/login` answers with' },
  session: { type: 'apiKey', in: 'cookie', name: 'reelay_session', description: 'The same token as a cookie, set by the login (`__Host-reelay_session` when PUBLIC_URL is https). Writes must come from a page of this server or of CORS_ORIGINS' },
  signature: { type: 'apiKey', in: 'query', name: 'signature', description: 'Part of a signed content address, such as `videoUrl` is; opens that one content' }
} as const

const ERROR_ROWS = (Object.keys(ERROR_STATUS) as ErrorCode[])
  .map(code => ({ code, status: ERROR_STATUS[code], ...sentence(code, 'en') }))
  .map(({ code, status, message, hint }) => `| \`${code}\` | ${status} | ${message} | ${hint} |`)

export const DESCRIPTION = `
Post a task; Reelay relays it to an upstream provider, polls it until it ends, pushes every change, and lets any finished video be remixed.

**Signing in.** \`POST /api/auth/login\` answers with a token; send it as \`Authorization: Bearer …\`. Everybody, administrators included, sees only their own tasks.

**Answers.** \`{ "success": true, "data": …, "requestTime": ms }\`, or \`{ "success": false, "error", "code", "hint", "details", "requestId", "requestTime" }\` with a true HTTP status.
Sentences follow \`Accept-Language\` (\`en\`, \`zh-CN\`); codes never change. Unknown fields of a body are refused by name.

**Repeating safely.** Send \`Idempotency-Key\` (or \`clientRequestId\`) with create and remix: a repeat gets the first answer and makes nothing new.

**Watching.** \`GET /api/sse/task-updates\` streams every change of your tasks and resumes after \`Last-Event-ID\`.

<details><summary><b>Error codes</b></summary>

A failed task has its code as \`errorCode\`.

| code | status | what happened | what to do |
|---|---|---|---|
${ERROR_ROWS.join('\n')}

</details>
`.trim()
