import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startApp } from '../support/app.ts'

const DIST = join(import.meta.dirname, '..', '..', 'web', 'dist')
const assets = readdirSync(join(DIST, 'assets'))

const { app } = await startApp(t)

t.test('every page of the console is the same document, never kept without asking, under a policy without exceptions', async t => {
  const source = readFileSync(join(import.meta.dirname, '..', '..', 'web', 'src', 'app.tsx'), 'utf8')
  const pages = [...source.matchAll(/<Route path='([^']+)'/g)].map(match => match[1]!.replace(':videoId', 'video_1_a'))
  t.ok(pages.includes('/'))
  for (const url of pages) {
    const { statusCode, headers, body } = await app.inject({ url, headers: { accept: 'text/html' } })
    t.equal(statusCode, 200, url)
    t.match(headers, { 'content-type': /^text\/html/, 'cache-control': 'no-cache' })
    t.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; style-src 'self';/)
    t.notMatch(headers['content-security-policy'], /unsafe|\*|https?:/)
    t.notMatch(body, /<script>|<style|style=| on\w+=/)
  }
})

t.test('scripts and styles are kept for ever, because their names say what is in them, and come compressed', async t => {
  const script = assets.find(name => name.endsWith('.js'))!
  for (const encoding of ['br', 'gzip']) {
    const { statusCode, headers } = await app.inject({ url: `/assets/${script}`, headers: { 'accept-encoding': encoding } })
    t.equal(statusCode, 200)
    t.match(headers, { 'content-encoding': encoding, 'cache-control': 'public, max-age=31536000, immutable', vary: /accept-encoding/i })
  }
})

t.test('what is not there is not a page', async t => {
  for (const url of ['/nowhere', '/assets/nothing.js', '/assets/', '/../package.json', '/built-from', `/assets/${assets.find(name => name.endsWith('.br'))}`]) {
    const { statusCode, headers } = await app.inject({ url, headers: { accept: 'text/html' } })
    t.equal(statusCode, 404, url)
    t.match(headers['content-type'], /^application\/json/)
  }
})
