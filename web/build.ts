import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = import.meta.dirname
const STAMP = join(ROOT, 'dist', 'built-from')
const SOURCES = ['src', 'public', 'index.html', 'vite.config.ts', 'compress.ts', 'package.json', '../package-lock.json']

/** Builds the console into web/dist unless it was built from these very sources: what `npm start` does first. */
const fingerprint = fingerprintOf(SOURCES.map(name => join(ROOT, name)))
if (readStamp() !== fingerprint) await build()

async function build (): Promise<void> {
  const vite = await import('vite').catch(() => undefined)
  // An installation without development packages serves what was built elsewhere.
  if (!vite) return console.log(existsSync(STAMP) ? 'The console may be older than its sources.' : 'Started without the console: vite is not installed.')
  console.log('Building the console …')
  await vite.build({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn' })
  writeFileSync(STAMP, fingerprint)
}

function readStamp (): string | undefined {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined
}

function fingerprintOf (paths: string[]): string {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(filesIn)) hash.update(path.slice(ROOT.length)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

function filesIn (path: string): string[] {
  if (!existsSync(path)) return []
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name)).sort()
  } catch {
    return [path]
  }
}
