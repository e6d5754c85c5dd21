import { parseArgs } from 'node:util'
import { loadConfig } from '../config.ts'
import { isUsageError } from '../usage-error.ts'
import { BehaviourError, parseBehaviourText } from './behaviour.ts'
import { createMemoryStore } from './memory-store.ts'
import { BASE_PATHS } from './routes.ts'
import { startSandbox } from './server.ts'

const HELP = `The simulated provider, alone: npm run sandbox -- [options]

  --port <n>          8000; 0 takes a free one
  --host <address>    127.0.0.1
  --ledger <file>     keeps every paid submission in this file, over restarts
  --key <key>         the only key taken; without it any
  --behaviour <json>  for every job, like {"errorShape":"fastapi"}

SANDBOX_DURATION_MS says how long a video takes.
Exit codes: 0 stopped, 1 it failed, 2 wrong usage.
It speaks as ${Object.keys(BASE_PATHS).join(', ')}, each under a path of its own.`

async function main (): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8000' },
      host: { type: 'string', default: '127.0.0.1' },
      ledger: { type: 'string' },
      key: { type: 'string' },
      behaviour: { type: 'string', default: '{}' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return console.log(HELP)

  const store = createMemoryStore({ ledgerFile: values.ledger })
  const sandbox = await startSandbox({
    store,
    durationMs: loadConfig().SANDBOX_DURATION_MS,
    host: values.host,
    port: Number(values.port),
    apiKey: values.key,
    behaviour: parseBehaviourText(values.behaviour),
    control: true
  })
  console.log(introduction(sandbox.url, values.key ?? 'any-key'))

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      await sandbox.close()
      store.close()
    })
  }
}

function introduction (url: string, key: string): string {
  const others = Object.entries(BASE_PATHS).filter(([type]) => type !== 'sora-relay')
  return `Sandbox provider on ${url}

Point Reelay at it:
  UPSTREAM_TYPE=sora-relay UPSTREAM_BASE_URL=${url} UPSTREAM_API_KEY=${key} npm start
or as another kind of provider:
${others.map(([type, path]) => `  UPSTREAM_TYPE=${type} UPSTREAM_BASE_URL=${url}${path}`).join('\n')}

Steer it: prompts with [[fail]], [[never]], [[sandbox: poll=503, poll.times=3]]; POST ${url}/control/behaviours
Have it post OpenAI's events as videos end: PUT ${url}/control/events {"url": "…", "secret": "whsec_…"}
Ask it:   GET ${url}/control/ledger, GET ${url}/control/requests`
}

try {
  await main()
} catch (error) {
  console.error(`sandbox: ${(error as Error).message}`)
  process.exitCode = isUsageError(error) || error instanceof BehaviourError ? 2 : 1
}
