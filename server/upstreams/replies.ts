/** Readings of provider replies that several adapters share. Nothing in a reply is taken at its word. */

export type JsonObject = Readonly<Record<string, unknown>>

/** The body as a JSON object; undefined for anything else. */
export function parseObject (body: Buffer): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString())
    return isObject(parsed) ? parsed : undefined
  } catch {
    // Not JSON: the caller says what that means.
    return undefined
  }
}

export function isObject (value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An id fit for storing and for a path. `.` and `..` would change the path they stand in. */
export function readExternalId (value: unknown): string | undefined {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof id !== 'string' || id.length > 512 || id === '.' || id === '..') return undefined
  return /^[\x21-\x7e]+$/.test(id) ? id : undefined
}

/** Whole percent from 0 to 100, however it was spelt; undefined when it says nothing. */
export function readProgress (value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number.parseFloat(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return undefined
  return Math.min(100, Math.floor(number))
}

export function readWord (value: unknown): string {
  return typeof value === 'string' ? value.trim().toLowerCase() : ''
}

/** An absolute http(s) URL; a relative one is read from `base`. */
export function readUrl (value: unknown, base: string): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const url = URL.parse(value.trim(), base)
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined
}

/** Whether the reply's `error` field says anything. Dialects send null, "" or {} for "no error". */
export function hasError (error: unknown): boolean {
  if (typeof error === 'string') return error.trim() !== ''
  if (isObject(error)) return Object.values(error).some(value => value !== null && value !== undefined && value !== '')
  return error === true || (Array.isArray(error) && error.length > 0)
}
