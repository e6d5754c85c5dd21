import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const COMPRESSIBLE = /\.(js|css|html|svg)$/

/** Writes each file beside itself as .br and .gz, so that the server never compresses. */
export function compress (): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    writeBundle ({ dir }) {
      for (const path of readdirSync(dir!, { recursive: true, encoding: 'utf8' }).filter(path => COMPRESSIBLE.test(path))) {
        const bytes = readFileSync(join(dir!, path))
        writeFileSync(join(dir!, `${path}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }))
        writeFileSync(join(dir!, `${path}.gz`), gzipSync(bytes, { level: 9 }))
      }
    }
  }
}
