import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

export interface ChannelPolls {
  /** How often the upstream was asked, by what it answered. */
  byState: Record<string, number>
  /** How long its answers took, in milliseconds. */
  tookMs: RecordableHistogram
  /** Lists that were asked for, and how many of the polls above they answered. */
  lists: number
  byList: number
}

/** What the poll engine of this process did, for the metrics. */
export class PollStats {
  /** How long after their time polls were sent, in milliseconds. */
  readonly latenessMs = createHistogram()
  readonly #channels = new Map<string, ChannelPolls>()
  #total = 0

  get total (): number {
    return this.#total
  }

  get channels (): ReadonlyMap<string, ChannelPolls> {
    return this.#channels
  }

  /** One poll that was answered; the call itself is recorded apart. */
  record (channelId: string, state: string, lateMs: number): void {
    const { byState } = this.#channel(channelId)
    byState[state] = (byState[state] ?? 0) + 1
    this.latenessMs.record(wholeMs(lateMs))
    this.#total++
  }

  recordCall (channelId: string, tookMs: number): void {
    this.#channel(channelId).tookMs.record(wholeMs(tookMs))
  }

  recordList (channelId: string, tookMs: number, answered: number): void {
    const channel = this.#channel(channelId)
    channel.lists++
    channel.byList += answered
    this.recordCall(channelId, tookMs)
  }

  #channel (id: string): ChannelPolls {
    const known = this.#channels.get(id) ?? { byState: {}, tookMs: createHistogram(), lists: 0, byList: 0 }
    this.#channels.set(id, known)
    return known
  }
}

/** Histograms hold integers from 1. */
function wholeMs (ms: number): number {
  return Math.max(1, Math.round(ms))
}
