import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const DIST = join(import.meta.dirname, '..', '..', 'web', 'dist')
const KB = 1024
const html = readFileSync(join(DIST, 'index.html'), 'utf8')
const assets = readdirSync(join(DIST, 'assets'))

/** What travels: the brotli form. */
const sizeOf = (path: string) => statSync(join(DIST, `${path}.br`)).size

/** A chunk and every chunk it cannot run without. */
function closure (names: string[], seen = new Set<string>()): Set<string> {
  for (const name of names) {
    if (seen.has(name)) continue
    seen.add(name)
    const source = readFileSync(join(DIST, 'assets', name), 'utf8')
    closure([...source.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)].map(match => match[1]!), seen)
  }
  return seen
}

const linked = (pattern: RegExp) => [...html.matchAll(pattern)].map(match => match[1]!)
const initial = closure(linked(/(?:src|href)="\/assets\/([\w.-]+\.js)"/g))
/** One language is loaded, whichever it is. */
const languages = assets.filter(name => /^(en|zh-cn)-[\w-]+\.js$/.test(name))

t.test('the first page needs no more than 120 KB of script and 20 KB of style', async t => {
  t.equal(languages.length, 2)
  t.ok(initial.size > 0)
  const script = [...initial].reduce((sum, name) => sum + sizeOf(`assets/${name}`), 0) + Math.max(...languages.map(name => sizeOf(`assets/${name}`)))
  const style = linked(/href="\/assets\/([\w.-]+\.css)"/g).reduce((sum, name) => sum + sizeOf(`assets/${name}`), 0)
  t.comment(`script ${(script / KB).toFixed(1)} KB, style ${(style / KB).toFixed(1)} KB`)
  t.ok(script <= 120 * KB, `${script}`)
  t.ok(style > 0 && style <= 20 * KB, `${style}`)
})

t.test('the picture of a lineage costs no more than 85 KB on top', async t => {
  const picture = assets.find(name => /^tree-picture-[\w-]+\.js$/.test(name))!
  const page = assets.find(name => /^lineage-page-[\w-]+\.js$/.test(name))!
  const extra = [...closure([picture, page])].filter(name => !initial.has(name))
  const size = extra.reduce((sum, name) => sum + sizeOf(`assets/${name}`), 0)
  t.comment(`${(size / KB).toFixed(1)} KB`)
  t.ok(size <= 85 * KB, `${size}`)
})

t.test('nothing names another host', async t => {
  // Namespaces, and addresses in messages of libraries, which nobody asks.
  const known = /^https?:\/\/(www\.w3\.org|react\.dev|reactflow\.dev|base-ui\.com|tailwindcss\.com|api\.example\.com|127\.0\.0\.1)/
  for (const name of assets.filter(name => /\.(js|css)$/.test(name))) {
    const hosts = [...readFileSync(join(DIST, 'assets', name), 'utf8').matchAll(/https?:\/\/[\w.-]+/g)].map(match => match[0]).filter(host => !known.test(host))
    t.same(hosts, [], name)
  }
})
