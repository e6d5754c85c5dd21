import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

interface Test { teardown (handler: () => unknown): void }

const ENTRY = join(import.meta.dirname, '..', '..', 'server', 'index.ts')

/** The server as it is started by its operator, in a process of its own: one that can be killed. */
export async function startServerProcess (t: Test, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [ENTRY], { env: { ...process.env, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn', POLL_MIN_MS: '50', POLL_MAX_MS: '2000', ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
  t.teardown(() => end('SIGKILL'))

  async function end (signal: NodeJS.Signals) {
    child.kill(signal)
    const [code] = await exited
    return code
  }
  return {
    url: await readAddress(child.stdout.setEncoding('utf8'), exited),
    pid: child.pid!,
    /** Its exit code, or null and the signal that killed it. */
    exited,
    end
  }
}

async function readAddress (stdout: AsyncIterable<string>, exited: Promise<unknown>): Promise<string> {
  const started = (async () => {
    let output = ''
    for await (const text of stdout) {
      output += text
      const address = /ready at (http:\S+)/.exec(output)?.[1]
      if (address) return address
    }
    throw new Error(`The server did not start: ${output}`)
  })()
  return await Promise.race([started, exited.then(() => started)])
}
