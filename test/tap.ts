import { spawn } from 'node:child_process'
import { join } from 'node:path'

// Each test file, and each server that one starts, reads the whole of Reelay and of what it is built on: what V8 makes of
// that is kept (a second of processor time a process), for children too.
const NODE_COMPILE_CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled')

const child = spawn('tap', process.argv.slice(2), { env: { NODE_COMPILE_CACHE, ...process.env }, stdio: 'inherit', shell: process.platform === 'win32' })
// A terminal tells both, whoever else ends this process means both.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => { process.exitCode = code ?? (signal === null ? 0 : 1) })
