import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { sliceStream } from '../../server/media/byte-slice.ts'

const text = 'abcdefghij'
const source = (chunkSize: number) => Readable.from(text.match(new RegExp(`.{1,${chunkSize}}`, 'g'))!.map(part => Buffer.from(part)))
const read = async (stream: Readable) => Buffer.concat(await stream.toArray()).toString()

t.test('the asked bytes come out, however the source is cut', async t => {
  for (const chunkSize of [1, 3, 4, 10]) {
    t.equal(await read(sliceStream(source(chunkSize), 3, 4)), 'defg')
    t.equal(await read(sliceStream(source(chunkSize), 0, 10)), text)
    t.equal(await read(sliceStream(source(chunkSize), 9, 1)), 'j')
    t.equal(await read(sliceStream(source(chunkSize), 2, undefined)), 'cdefghij')
  }
})

t.test('a source that ends early breaks the slice', async t => {
  await t.rejects(read(sliceStream(source(3), 0, 11)), /ended early/)
  await t.rejects(read(sliceStream(source(3), 11, undefined)), /ended early/)
})

t.test('a source that fails breaks the slice, even when no length is known', async t => {
  const failing = new PassThrough()
  failing.write('abc')
  const slice = sliceStream(failing, 0, undefined)
  await once(slice, 'readable')
  failing.destroy(new Error('reset'))
  await t.rejects(read(slice), /reset/)
})

t.test('a source closed without an end breaks the slice', async t => {
  const closing = new PassThrough()
  closing.write('abc')
  const slice = sliceStream(closing, 0, undefined)
  await once(slice, 'readable')
  closing.destroy()
  await t.rejects(read(slice))
})

t.test('the source is let go once enough was read', async t => {
  const endless = new PassThrough()
  endless.write(text)
  const slice = sliceStream(endless, 0, 5)
  t.equal(await read(slice), 'abcde')
  t.ok(endless.destroyed)
})

t.test('destroying the slice stops a source that is silent', async t => {
  const silent = new PassThrough()
  const slice = sliceStream(silent, 0, 5)
  slice.destroy()
  await once(silent, 'close')
  t.ok(silent.destroyed)
})

t.test('a slow reader holds the source back', async t => {
  let produced = 0
  const big = Readable.from((function * () {
    for (; produced < 1000; produced++) yield Buffer.alloc(65_536)
  })())
  const slice = sliceStream(big, 0, 1000 * 65_536)
  await once(slice, 'readable')
  await new Promise(setImmediate)
  t.ok(produced < 50, `${produced} chunks were read ahead`)
  slice.destroy()
})
