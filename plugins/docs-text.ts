import { ERROR_STATUS, sentence, type ErrorCode } from '../server/errors.ts'

export const TAGS = [
  { name: 'auth', description: 'Signing in, passwords and sessions of the caller' },
  { name: 'keys', description: 'API keys of the caller, for programs; managed by a login only' },
  { name: 'tasks', description: 'Videos: create, remix, list, read, watch where they came from' },
  { name: 'batches', description: 'Many videos at once: create, remix, read, cancel, retry' },
  { name: 'events', description: 'What changes, as it changes, and what happened so far' },
  { name: 'openai', description: 'The same tasks by OpenAI\'s Videos API, for its SDKs: base URL `/v1`' },
  { name: 'webhooks', description: 'Being told of one\'s tasks by signed requests (Standard Webhooks)' },
  { name: 'channels', description: 'Accounts at providers: where tasks are made; administrators only' },
  { name: 'users', description: 'Accounts; administrators only' },
  { name: 'operations', description: 'For load balancers and monitors' }
]

export const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The token that `POST /api/auth/login` answers with' },
  apiKey: { type: 'http', scheme: 'bearer', description: 'A key from `POST /api/keys`, where the route names the scope it needs' },
  session: { type: 'apiKey', in: 'cookie', name: 'reelay_session', description: 'The same token as a cookie, set by the login (`__Host-reelay_session` when PUBLIC_URL is https). Writes of browsers must come from a page of this server or of CORS_ORIGINS' },
  signature: { type: 'apiKey', in: 'query', name: 'signature', description: 'Part of a signed content address, such as `videoUrl` is; opens that one content' }
} as const

const ERROR_ROWS = (Object.keys(ERROR_STATUS) as ErrorCode[])
  .map(code => ({ code, status: ERROR_STATUS[code], ...sentence(code, 'en') }))
  .map(({ code, status, message, hint }) => `| \`${code}\` | ${status} | ${message} | ${hint} |`)

export const DESCRIPTION = `
Post a task; Reelay relays it to an upstream provider, polls it until it ends, pushes every change, and lets any finished video be remixed.

**Signing in.** \`POST /api/auth/login\` answers with a token; send it as \`Authorization: Bearer …\`. Everybody, administrators included, sees only their own tasks.

**API keys.** Programs use a key from \`POST /api/keys\` instead: \`Authorization: Bearer rl_…\`. A key does what its scopes say: \`tasks:read\` reads tasks, streams and webhooks; \`tasks:write\` creates, remixes, cancels, retries and deletes, and changes webhooks;
\`admin\`, which only keys of administrators can have, is for users, channels and \`/metrics\`. No scope contains another. Without the scope a route answers 403 \`PERMISSION_DENIED\` and names it. Keys, passwords and sessions are managed by a login only.
A key is refused within 5 seconds of being revoked, expiring, or its user being disabled, and streams opened with it close within 60; a changed password leaves keys as they are.

**Limits.** Where a key (\`requestsPerMinute\`) or the server (\`USER_REQUESTS_PER_MINUTE\`) limits the requests a minute, answers carry \`x-ratelimit-limit-requests\`, \`x-ratelimit-remaining-requests\` and \`x-ratelimit-reset-requests\` (such as \`1.500s\`, until all are there again), of the limit with less left.
Beyond it comes 429 \`RATE_LIMITED\`, which names the limit, with \`Retry-After\`. Up to a minute's worth may be used at once. A stream counts once, when it is opened.

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
