/** Polls of one channel under way at once in this process. */
const SLOTS_PER_CHANNEL = 64

type Release = () => void

interface Waiter { resolve: (release: Release | undefined) => void, timer: NodeJS.Timeout }

interface Channel { free: number, waiting: Waiter[] }

/** Bulkheads: each channel has its own slots, so that a slow upstream delays only its own tasks. */
export class ChannelSlots {
  readonly #channels = new Map<string, Channel>()
  #closed = false

  /** A slot's release, or undefined when none came free within `waitMs`. First come, first served. */
  take (channelId: string, waitMs: number): Promise<Release | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    const channel = this.#channel(channelId)
    if (channel.free > 0) {
      channel.free--
      return Promise.resolve(() => this.#release(channel))
    }
    return new Promise(resolve => {
      const waiter: Waiter = { resolve, timer: setTimeout(() => this.#giveUp(channel, waiter), waitMs) }
      channel.waiting.push(waiter)
    })
  }

  /** Sends everybody who waits away. */
  close (): void {
    this.#closed = true
    for (const channel of this.#channels.values()) {
      for (const waiter of [...channel.waiting]) this.#giveUp(channel, waiter)
    }
  }

  #channel (id: string): Channel {
    const known = this.#channels.get(id) ?? { free: SLOTS_PER_CHANNEL, waiting: [] }
    this.#channels.set(id, known)
    return known
  }

  #release (channel: Channel): void {
    const next = channel.waiting.shift()
    if (!next) {
      channel.free++
      return
    }
    clearTimeout(next.timer)
    next.resolve(() => this.#release(channel))
  }

  #giveUp (channel: Channel, waiter: Waiter): void {
    clearTimeout(waiter.timer)
    channel.waiting.splice(channel.waiting.indexOf(waiter), 1)
    waiter.resolve(undefined)
  }
}
