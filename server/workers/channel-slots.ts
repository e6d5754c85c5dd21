type Release = () => void

interface Waiter { resolve: (release: Release | undefined) => void, timer: NodeJS.Timeout }

interface Channel {
  limit: number
  used: number
  waiting: Waiter[]
  /** A moving average of how long a slot is held, in milliseconds. */
  heldMs: number
  lastReleaseAt: number
  /** Where the line of those sent away ends. */
  turnAt: number
}

export interface SlotOptions {
  /** Slots in all. However many channels hang, each new one gets a share of what they left. */
  total: number
  /** How long anybody waits for a slot, in milliseconds. Those who would wait longer are sent away at once. */
  waitMs: number
}

/** Slots every channel may have, whatever the others hold. */
const LEAST_SHARE = 4
/** Those sent away come again at the latest after this. */
const MAX_TURN_MS = 60_000
const MIN_TURN_MS = 500

/** Bulkheads: each channel has its own slots, so that a slow upstream delays only its own tasks. */
export class ChannelSlots {
  readonly #options: SlotOptions
  readonly #channels = new Map<string, Channel>()
  #used = 0
  #closed = false

  constructor (options: SlotOptions) {
    this.#options = options
  }

  /** A slot's release, or undefined when none will come free soon. First come, first served. */
  take (channelId: string, limit: number): Promise<Release | undefined> {
    const channel = this.#channel(channelId, limit)
    if (this.#closed) return Promise.resolve(undefined)
    if (this.#hasRoom(channel)) return Promise.resolve(this.#occupy(channel))
    if (this.#expectedWaitMs(channel) > this.#options.waitMs) return Promise.resolve(undefined)
    return new Promise(resolve => {
      const waiter: Waiter = { resolve, timer: setTimeout(() => this.#giveUp(channel, waiter), this.#options.waitMs) }
      channel.waiting.push(waiter)
    })
  }

  /** When one more that was sent away should come again, in milliseconds: they form a line that moves as fast as the channel does, or at `perSecond`. */
  turnMs (channelId: string, limit: number, perSecond?: number): number {
    const channel = this.#channel(channelId, limit)
    const stepMs = perSecond === undefined ? this.#paceMs(channel) / channel.limit : 1_000 / perSecond
    const now = performance.now()
    channel.turnAt = Math.max(channel.turnAt, now + MIN_TURN_MS) + stepMs
    if (channel.turnAt - now <= MAX_TURN_MS) return channel.turnAt - now
    // The line is longer than that: it starts anew.
    channel.turnAt = now
    return MAX_TURN_MS * (0.5 + Math.random() / 2)
  }

  /** Sends everybody who waits away. */
  close (): void {
    this.#closed = true
    for (const channel of this.#channels.values()) {
      for (const waiter of [...channel.waiting]) this.#giveUp(channel, waiter)
    }
  }

  #channel (id: string, limit: number): Channel {
    const known = this.#channels.get(id)
    if (known) {
      known.limit = limit
      return known
    }
    const channel = { limit, used: 0, waiting: [], heldMs: 0, lastReleaseAt: performance.now(), turnAt: 0 }
    this.#channels.set(id, channel)
    return channel
  }

  /** A channel may take half of what is left: so there is always something left. */
  #hasRoom ({ used, limit }: Channel): boolean {
    return used < Math.min(limit, Math.max(LEAST_SHARE, (this.#options.total - this.#used) / 2))
  }

  #expectedWaitMs (channel: Channel): number {
    return (channel.waiting.length + 1) * this.#paceMs(channel) / Math.max(channel.used, 1)
  }

  /** How long a slot is held, going by those that came back, and by how long none has. */
  #paceMs ({ heldMs, lastReleaseAt, used }: Channel): number {
    return Math.max(heldMs, used > 0 ? performance.now() - lastReleaseAt : 0, 1)
  }

  #occupy (channel: Channel): Release {
    // Nothing was under way: silence until now says nothing.
    if (channel.used === 0) channel.lastReleaseAt = performance.now()
    channel.used++
    this.#used++
    const takenAt = performance.now()
    return () => this.#release(channel, takenAt)
  }

  #release (channel: Channel, takenAt: number): void {
    channel.used--
    this.#used--
    channel.lastReleaseAt = performance.now()
    channel.heldMs += (channel.lastReleaseAt - takenAt - channel.heldMs) / 20
    while (channel.waiting.length > 0 && this.#hasRoom(channel)) {
      const next = channel.waiting.shift()!
      clearTimeout(next.timer)
      next.resolve(this.#occupy(channel))
    }
  }

  #giveUp (channel: Channel, waiter: Waiter): void {
    clearTimeout(waiter.timer)
    channel.waiting.splice(channel.waiting.indexOf(waiter), 1)
    waiter.resolve(undefined)
  }
}
