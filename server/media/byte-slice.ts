import { finished, Transform, type Readable } from 'node:stream'

/**
 * The bytes of a stream from `skip` on, `length` of them; all the rest when `length` is undefined.
 * A source that ends early makes it fail, so that a cut video never looks whole. The source is let go as soon as
 * enough was read, and when the slice is destroyed.
 */
export function sliceStream (source: Readable, skip: number, length: number | undefined): Readable {
  let before = skip
  let left = length ?? Infinity
  const slice = new Transform({
    transform (chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(before, before + left)
      before -= Math.min(before, chunk.length)
      left -= part.length
      if (left === 0) release()
      done(null, part)
    },
    flush (done) {
      done(before > 0 || (left > 0 && length !== undefined) ? endedEarly() : null)
    }
  })

  function release () {
    source.unpipe(slice)
    source.destroy()
    slice.end()
  }

  // Not pipeline(): it would take the source let go on purpose for a failure.
  finished(source, { writable: false }, error => {
    if (error && left > 0) slice.destroy(error)
  })
  slice.on('close', () => source.destroy())
  // A failure before anybody reads must not end the process; the reader meets it when it comes.
  slice.on('error', () => {})
  source.pipe(slice)
  return slice
}

function endedEarly (): Error {
  return new Error('The upstream\'s body ended early')
}
