import { parseArgs } from 'node:util'
import { loadConfig } from '../config.ts'
import { isUsageError, UsageError } from '../usage-error.ts'
import { connect } from './api.ts'
import { DemoError } from './demo-error.ts'
import { printVerdict } from './findings.ts'
import { startOwnServer } from './own-server.ts'
import { runReport, type Scene } from './report.ts'
import { line } from './screen.ts'

const HELP = `The owner's report, executed live: npm run demo -- [options]

  --url <address>       a running server; without it the demo starts one for itself,
                        with the sandbox as its provider, and removes it afterwards
  --username <name>     who signs in there (ADMIN_USERNAME)
  --password <text>     with which password (ADMIN_PASSWORD)
  --model <name>        sora_video2, as in the report
  --timeout <seconds>   900; for the whole report

SANDBOX_DURATION_MS says how long a video of the demo's own server takes (8000).
The exit code is 0 when every answer is the report's, else 1; 2 is wrong usage.`

async function main (): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      username: { type: 'string' },
      password: { type: 'string' },
      model: { type: 'string', default: 'sora_video2' },
      timeout: { type: 'string', default: '900' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return console.log(HELP)

  const signal = AbortSignal.any([interruption(), timeout(values.timeout)])
  line("\n  The owner's report, live\n")
  await using own = values.url === undefined ? await startOwnServer(signal) : undefined
  const { ADMIN_USERNAME, ADMIN_PASSWORD } = own ?? loadConfig()
  const scene: Scene = {
    api: connect(values.url ?? own!.url, signal),
    username: values.username ?? ADMIN_USERNAME,
    password: values.password ?? ADMIN_PASSWORD ?? misused('Give the password: --password, or ADMIN_PASSWORD'),
    model: values.model
  }
  const findings = await runReport(scene)
  printVerdict(findings)
  if (!findings.every(({ differs }) => differs === undefined)) process.exitCode = 1
}

/** Ctrl-C and its relatives end the report early; the server of the demo's own is stopped all the same. */
function interruption (): AbortSignal {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => interrupted.abort(new DemoError('Interrupted')))
  }
  return interrupted.signal
}

function timeout (seconds: string): AbortSignal {
  if (!(Number(seconds) > 0)) misused('--timeout: must be a number of seconds')
  const late = new AbortController()
  setTimeout(() => late.abort(new DemoError(`Not finished after ${seconds} s`)), Number(seconds) * 1_000).unref()
  return late.signal
}

function misused (reason: string): never {
  throw new UsageError(reason)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? `\n  demo: ${error.message}\n` : error)
  process.exitCode = isUsageError(error) ? 2 : 1
}
