/** One range of a file, as asked for: from `start`, to `end` included or the file's end; or the last `suffix` bytes. */
export type RangeRequest = { start: number, end?: number } | { suffix: number }

/** Bytes `start` to `end`, both included. */
export interface ByteRange { start: number, end: number }

/**
 * Reads a Range header. Undefined: there is none, or its unit is not ours, and the whole file is due (RFC 9110 §14.2).
 * 'refused': several ranges, or none that makes sense.
 */
export function parseRange (header: string | undefined): RangeRequest | 'refused' | undefined {
  const [, spec] = /^bytes\s*=\s*(.*)$/i.exec(header ?? '') ?? []
  if (spec === undefined) return
  const [, first, last] = /^(\d{0,15})-(\d{0,15})$/.exec(spec.trim()) ?? []
  if (first === undefined || last === undefined || first + last === '') return 'refused'
  if (first === '') return { suffix: Number(last) }
  const range = { start: Number(first), ...last !== '' && { end: Number(last) } }
  return range.start <= (range.end ?? Infinity) ? range : 'refused'
}

export function formatRange (range: RangeRequest): string {
  return 'suffix' in range ? `bytes=-${range.suffix}` : `bytes=${range.start}-${range.end ?? ''}`
}

/** The bytes a range means in a file of `size` bytes; undefined when it has none of them. */
export function resolveRange (range: RangeRequest, size: number): ByteRange | undefined {
  const start = 'suffix' in range ? Math.max(0, size - range.suffix) : range.start
  const end = 'suffix' in range ? size - 1 : Math.min(range.end ?? Infinity, size - 1)
  return start <= end ? { start, end } : undefined
}

/** Reads a Content-Range, of a 206 or a 416. Undefined when it is malformed or keeps the size to itself. */
export function parseContentRange (header: string | undefined): { range?: ByteRange, size: number } | undefined {
  const [, start, end, length] = /^bytes\s+(?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15})$/i.exec(header ?? '') ?? []
  if (length === undefined) return
  const size = Number(length)
  if (start === undefined) return { size }
  const range = { start: Number(start), end: Number(end) }
  return range.start <= range.end && range.end < size ? { range, size } : undefined
}
