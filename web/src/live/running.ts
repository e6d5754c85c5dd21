import { isActive } from '../task/is-active.ts'
import type { Frame } from './live.ts'

/** Which tasks run, as far as the stream told: it begins with all of them, and then tells what changes. */
export class Running {
  #ids = new Set<string>()
  /** Those told of since the stream was opened, until it has told of all. */
  #told: Set<string> | undefined

  get ids (): ReadonlySet<string> {
    return this.#ids
  }

  begin (): void {
    this.#told = new Set()
  }

  hear (frame: Frame): void {
    if (frame.type === 'taskUpdate') {
      const { videoId } = frame.payload
      const runs = isActive(frame.payload)
      for (const ids of [this.#ids, this.#told]) {
        if (runs) ids?.add(videoId)
        else ids?.delete(videoId)
      }
    }
    if (frame.type === 'snapshotEnd' && this.#told) {
      this.#ids = this.#told
      this.#told = undefined
    }
  }

  /** As another tab knows it. */
  take (ids: Iterable<string>): void {
    this.#ids = new Set(ids)
  }
}
