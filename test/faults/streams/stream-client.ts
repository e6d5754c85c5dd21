import { Agent, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { text } from 'node:stream/consumers'
import type { Random } from '../random.ts'
import type { Rig } from '../rig.ts'
import { Connection, DROPS, type Message } from './connection.ts'
import type { Seen, SeenByClient } from './seen.ts'

/** Cursors that nobody was given. */
const FOREIGN_CURSORS = ['nonsense', '0000000000-1-1', '1-2-3-4']
const WAIT_SECONDS = 5
const UPDATES = '/api/sse/task-updates'

export interface Account { userId: string, authorization: string }
export type Habit = 'all' | 'ended only' | 'long poll'

/** Somebody who follows a user's tasks over a bad network: is cut off in every way there is, and goes on at any server where it was. */
export class StreamClient implements SeenByClient {
  readonly name: string
  readonly userId: string
  readonly only?: string
  readonly seen: Seen[] = []
  readonly videoIds = new Set<string>()
  readonly refusals: SeenByClient['refusals'] = []
  /** Milliseconds from commit to here, of changes heard live. */
  readonly delays: number[] = []
  readonly #rig: Rig
  readonly #account: Account
  readonly #random: Random
  readonly #longPolls: boolean
  readonly #held: string[] = []
  readonly #agent = new Agent({ keepAlive: false })
  #calm = false
  #live = false

  constructor (rig: Rig, account: Account, name: string, habit: Habit, random: Random) {
    this.#rig = rig
    this.#account = account
    this.#random = random
    this.#longPolls = habit === 'long poll'
    this.name = name
    this.userId = account.userId
    if (habit === 'ended only') this.only = 'COMPLETED,FAILED,CANCELLED'
  }

  /** Where it stands. */
  get cursor (): string | undefined {
    return this.#held.at(-1)
  }

  /** From now on it goes only when it is cut off. */
  calmDown (): void {
    this.#calm = true
  }

  async run (signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#agent.destroy(), { once: true })
    while (!signal.aborted) {
      const up = this.#rig.servers.flatMap(({ url }) => url ?? [])
      if (up.length > 0) await this.#connect(this.#random.pick(up))
      await sleep(this.#random.between(20, 2_000), undefined, { signal }).catch(() => {})
    }
  }

  async #connect (url: string): Promise<void> {
    const cursor = this.#chooseCursor()
    const query = new URLSearchParams({ ...this.only && { status: this.only }, ...this.#longPolls && { wait: String(WAIT_SECONDS) } })
    const headers: Record<string, string> = { authorization: this.#account.authorization }
    // Both ways of resuming, by turns.
    if (cursor !== undefined && this.#random.chance(0.5)) query.set('lastEventId', cursor)
    else if (cursor !== undefined) headers['last-event-id'] = cursor
    this.seen.push({ type: 'asked', cursor })
    const connection = new Connection(`${url}${UPDATES}?${query}`, headers, this.#agent)
    const impatience = this.#calm ? undefined : setTimeout(() => connection.drop(this.#random.pick(DROPS)), this.#random.between(100, 15_000))
    const response = await connection.response()
    if (response) await this.#listen(connection, response)
    clearTimeout(impatience)
  }

  async #listen (connection: Connection, response: IncomingMessage): Promise<void> {
    this.#live = false
    if (response.statusCode !== 200) return await this.#noteRefusal(response)
    if (this.#longPolls) await this.#takeAnswer(response)
    else await connection.read(response, message => this.#take(message))
  }

  /** Mostly where it was, sometimes further back, rarely something made up. */
  #chooseCursor (): string | undefined {
    if (this.#held.length === 0 || this.#calm) return this.cursor
    if (this.#random.chance(0.01)) return this.#random.pick(FOREIGN_CURSORS)
    if (this.#random.chance(0.05)) this.#held.splice(this.#random.between(Math.max(1, this.#held.length - 20), this.#held.length))
    return this.cursor
  }

  async #noteRefusal (response: IncomingMessage): Promise<void> {
    const body = await text(response).catch(() => '{}')
    this.refusals.push({ status: response.statusCode!, code: JSON.parse(body).code, retryAfter: response.headers['retry-after'] })
  }

  async #takeAnswer (response: IncomingMessage): Promise<void> {
    const body = await text(response).catch(() => undefined)
    if (body === undefined) return
    const { lastEventId, reset, updates } = JSON.parse(body).data
    const { cursor } = this.seen.findLast(entry => entry.type === 'asked')!
    // Without a cursor, or with one that is no good, it is the present state.
    if (reset || cursor === undefined) {
      this.#open(lastEventId)
      if (reset) this.seen.push({ type: 'reset' })
      for (const { payload } of updates) this.videoIds.add(payload.videoId)
    } else {
      for (const { payload } of updates) this.#note(undefined, payload)
      this.seen.push({ type: 'told', cursor: lastEventId })
      this.#held.push(lastEventId)
    }
  }

  #take ({ id, data }: Message): void {
    if (data === undefined) {
      if (id !== undefined) this.#open(id)
      return
    }
    const { type, payload, timestamp } = JSON.parse(data)
    if (type === 'reset') this.seen.push({ type: 'reset' })
    if (type === 'snapshotEnd') this.#live = true
    if (type !== 'taskUpdate') return
    if (id === undefined) {
      this.videoIds.add(payload.videoId)
      return
    }
    this.#note(id, payload)
    this.#held.push(id)
    if (this.#live) this.delays.push(Date.now() - timestamp)
  }

  #open (cursor: string): void {
    this.seen.push({ type: 'opened', cursor })
    this.#held.push(cursor)
  }

  #note (cursor: string | undefined, { videoId, status, attempt }: { videoId: string, status: string, attempt: number }): void {
    this.videoIds.add(videoId)
    this.seen.push({ type: 'change', cursor, videoId, status, attempt })
  }
}
