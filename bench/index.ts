import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Runs the named benchmarks, or all: `npm run bench -- poll-engine`. */
const wanted = process.argv.slice(2)
const names = readdirSync(import.meta.dirname)
  .filter(name => name.endsWith('.bench.ts'))
  .map(name => name.replace('.bench.ts', ''))
  .filter(name => wanted.length === 0 || wanted.includes(name))

for (const name of wanted.filter(name => !names.includes(name))) {
  console.error(`There is no benchmark ${name}`)
  process.exitCode = 1
}

for (const name of names) {
  console.log(`\n${name}\n${'─'.repeat(name.length)}`)
  const { run } = await import(join(import.meta.dirname, `${name}.bench.ts`)) as { run: () => Promise<void> }
  await run()
}
