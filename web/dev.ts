import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createServer } from 'vite'
import '../server/env-file.ts'

/** The server, started again on every change, and beside it the console with hot reload. Ctrl-C ends both. */
const server = spawn(process.execPath, ['--watch', '--import', './server/env-file.ts', 'server/index.ts'], { cwd: join(import.meta.dirname, '..'), stdio: 'inherit' })
const vite = await createServer({ configFile: join(import.meta.dirname, 'vite.config.ts') })
await vite.listen()
vite.printUrls()
server.once('exit', async code => {
  await vite.close()
  process.exitCode = code ?? 0
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal))
