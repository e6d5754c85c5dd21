/** What was revoked must stop working on every process within 5 s; what is kept here is at most this old. */
const FRESH_MS = 3_000
const MAX_ENTRIES = 10_000

interface Entry<T> { value: Promise<T>, until: number }

/** Answers from memory what `load` answered less than 3 s ago. */
export class FreshCache<T> {
  readonly #load: (key: string) => Promise<T>
  readonly #entries = new Map<string, Entry<T>>()

  constructor (load: (key: string) => Promise<T>) {
    this.#load = load
  }

  find (key: string): Promise<T> {
    const entry = this.#entries.get(key)
    if (entry && entry.until > performance.now()) return entry.value
    return this.#renew(key)
  }

  /** After a change made by this process, so that here it counts at once. */
  clear (): void {
    this.#entries.clear()
  }

  #renew (key: string): Promise<T> {
    const entry = { value: this.#load(key), until: performance.now() + FRESH_MS }
    this.#entries.delete(key)
    this.#makeRoom()
    this.#entries.set(key, entry)
    // A failed look-up is no answer: the next request asks again.
    entry.value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    return entry.value
  }

  /** Entries stand in the order they were loaded, so the first is the oldest. */
  #makeRoom (): void {
    if (this.#entries.size < MAX_ENTRIES) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest)
  }
}
