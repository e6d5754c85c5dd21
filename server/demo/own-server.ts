import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DemoError } from './demo-error.ts'
import { line } from './screen.ts'

const ENTRY = join(import.meta.dirname, '..', 'index.ts')
const ADMIN_USERNAME = 'admin'
/** Longer than the server allows itself. */
const STOP_MS = 20_000

/** What the operator's own settings must not change: the demo costs nothing, touches nothing, and shows progress often. */
const PRIVATE = {
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  PORT: '0',
  PUBLIC_URL: '',
  DATABASE_URL: '',
  ROLES: '',
  UPSTREAM_TYPE: '',
  SANDBOX: 'on',
  MIGRATE_ON_START: 'true',
  JWT_SECRET: '',
  ENCRYPTION_KEY: '',
  POLL_MIN_MS: '500',
  POLL_MAX_MS: '1500',
  LOG_LEVEL: 'info',
  ADMIN_USERNAME
}

export interface OwnServer extends AsyncDisposable {
  url: string
  ADMIN_USERNAME: string
  ADMIN_PASSWORD: string
}

/** The real server as a child process, in a folder of its own; disposing stops it and removes the folder. */
export async function startOwnServer (signal: AbortSignal): Promise<OwnServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'reelay-demo-'))
  const ADMIN_PASSWORD = randomBytes(12).toString('base64url')
  const env = { SANDBOX_DURATION_MS: '8000', ...process.env, ...PRIVATE, ADMIN_PASSWORD, DATA_DIR: dataDir }
  // In a process group of its own: Ctrl-C reaches the demo, and the demo stops the server once.
  const child = spawn(process.execPath, [ENTRY], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = async () => {
    await stopChild(child)
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    line('     starting a server of its own, with the sandbox as its provider …')
    const url = await readAddress(child, signal)
    return { url, ADMIN_USERNAME, ADMIN_PASSWORD, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Resolves when the server says where it listens. Throws DemoError, with its last words, when it ends instead. */
function readAddress (child: ChildProcess, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4_000)
      const address = /ready at (http:\S+)/.exec(output)?.[1]
      if (address) resolve(address)
    })
  }
  child.once('close', () => reject(new DemoError(`The server did not start:\n${output}`)))
  child.once('error', reject)
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

async function stopChild (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exited
  clearTimeout(impatience)
}
