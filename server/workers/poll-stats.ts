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

/** One thing that is recorded, as it goes from one process to another. */
export type PollFigure =
  | { kind: 'poll', channelId: string, state: string, lateMs: number }
  | { kind: 'call', channelId: string, tookMs: number }
  | { kind: 'list', channelId: string, tookMs: number, answered: number }

/** What the poll engine of this process did, for the metrics. */
export class PollStats {
  /** Hears of everything that is recorded. */
  onFigure: ((figure: PollFigure) => void) | undefined
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
    this.onFigure?.({ kind: 'poll', channelId, state, lateMs })
  }

  recordCall (channelId: string, tookMs: number): void {
    this.#channel(channelId).tookMs.record(wholeMs(tookMs))
    this.onFigure?.({ kind: 'call', channelId, tookMs })
  }

  recordList (channelId: string, tookMs: number, answered: number): void {
    const channel = this.#channel(channelId)
    channel.lists++
    channel.byList += answered
    channel.tookMs.record(wholeMs(tookMs))
    this.onFigure?.({ kind: 'list', channelId, tookMs, answered })
  }

  /** Records what another process did. */
  add (figure: PollFigure): void {
    if (figure.kind === 'poll') this.record(figure.channelId, figure.state, figure.lateMs)
    else if (figure.kind === 'call') this.recordCall(figure.channelId, figure.tookMs)
    else this.recordList(figure.channelId, figure.tookMs, figure.answered)
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
