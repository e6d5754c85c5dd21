import t from 'tap'
import { formatRange, parseContentRange, parseRange, resolveRange } from '../../server/media/byte-range.ts'

t.test('a Range header asks for one range, from either end', async t => {
  t.same(parseRange('bytes=0-99'), { start: 0, end: 99 })
  t.same(parseRange('Bytes = 5-'), { start: 5 })
  t.same(parseRange('bytes=-20'), { suffix: 20 })
})

t.test('no header and foreign units mean the whole file', async t => {
  t.equal(parseRange(undefined), undefined)
  t.equal(parseRange('items=0-5'), undefined)
})

t.test('several ranges and nonsense are refused', async t => {
  for (const header of ['bytes=0-1,3-4', 'bytes=5-2', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=--1', 'bytes=0-9999999999999999', 'bytes=1.5-2', 'bytes=0x1-2']) {
    t.equal(parseRange(header), 'refused', header)
  }
})

t.test('a range is clamped to the file, and lies outside it or not', async t => {
  t.same(resolveRange({ start: 0, end: 999 }, 10), { start: 0, end: 9 })
  t.same(resolveRange({ start: 9 }, 10), { start: 9, end: 9 })
  t.same(resolveRange({ suffix: 50 }, 10), { start: 0, end: 9 })
  t.same(resolveRange({ suffix: 3 }, 10), { start: 7, end: 9 })
  t.equal(resolveRange({ start: 10 }, 10), undefined)
  t.equal(resolveRange({ suffix: 0 }, 10), undefined)
  t.equal(resolveRange({ start: 0 }, 0), undefined)
})

t.test('a range goes upstream as it was asked for', async t => {
  for (const header of ['bytes=0-99', 'bytes=5-', 'bytes=-20']) {
    const range = parseRange(header)
    t.equal(range && range !== 'refused' && formatRange(range), header)
  }
})

t.test('a Content-Range is believed only when it is whole and makes sense', async t => {
  t.same(parseContentRange('bytes 0-99/1000'), { range: { start: 0, end: 99 }, size: 1000 })
  t.same(parseContentRange('bytes */1000'), { size: 1000 })
  for (const header of [undefined, '', 'bytes 0-99/*', 'bytes 5-2/10', 'bytes 0-10/10', 'bytes 0-9', 'items 0-9/10']) {
    t.equal(parseContentRange(header), undefined, String(header))
  }
})
