import { invalidField } from './errors.ts'

/** Deeper than what anybody means. JSON of any depth can be read; whatever walks it afterwards has a stack that ends. */
const MAX_DEPTH = 100

/** Throws REQUEST_INVALID for what is nested without end. */
export function requireShallow (value: unknown, path: readonly string[] = []): void {
  if (!isPlain(value)) return
  if (path.length > MAX_DEPTH) throw invalidField(path.slice(0, 3).join('.'), `must not be nested deeper than ${MAX_DEPTH} levels`)
  for (const [key, item] of Object.entries(value)) requireShallow(item, [...path, key])
}

/**
 * Throws REQUEST_INVALID for the first text, in any value or key, that Postgres cannot store: a NUL, or half a character,
 * which would be stored as U+FFFD and not come back as what was sent.
 */
export function requireStorable (value: unknown, path: readonly string[] = []): void {
  if (typeof value === 'string' && !isStorable(value)) throw invalidField(path.join('.') || 'body', 'must not contain NUL characters or broken Unicode')
  if (!isPlain(value)) return
  for (const [key, item] of Object.entries(value)) {
    requireStorable(key, path)
    requireStorable(item, [...path, key])
  }
}

function isStorable (text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Bytes are walked by nobody. */
function isPlain (value: unknown): value is object {
  return Array.isArray(value) || (typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value)))
}
