import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * tap comes built with its TypeScript plugin, which does not work with native type stripping. Leaving it out (package.json)
 * takes one `tap build` after an installation; by itself tap does that too late, when the first file has already failed.
 */
const built = join(import.meta.dirname, '../node_modules/@tapjs/test/test-built/dist/esm/index.js')

if (readFileSync(built, 'utf8').includes('@tapjs/typescript')) {
  execFileSync('tap', ['build'], { stdio: 'inherit', shell: process.platform === 'win32' })
}
