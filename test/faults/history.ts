import { writeFileSync } from 'node:fs'
import type { HistoryEntry } from './evidence.ts'

type Unstamped<T> = T extends unknown ? Omit<T, 'at'> : never

/** What happened, kept in memory while a run lasts. */
export class History {
  readonly entries: HistoryEntry[] = []
  readonly #startedAt = performance.now()

  add (entry: Unstamped<HistoryEntry>): void {
    this.entries.push({ at: Math.round(performance.now() - this.#startedAt), ...entry } as HistoryEntry)
  }

  count (type: HistoryEntry['type']): number {
    return this.entries.filter(entry => entry.type === type).length
  }
}

/** One JSON object a line. */
export function writeLines (file: string, values: readonly unknown[]): void {
  writeFileSync(file, values.map(value => `${JSON.stringify(value)}\n`).join(''))
}
