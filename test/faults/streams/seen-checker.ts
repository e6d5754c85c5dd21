import { isAfter } from '../../../server/events/cursor.ts'
import type { LogPosition } from '../../../server/events/event-log.ts'
import type { Violation } from '../evidence.ts'
import type { Seen, SeenByClient } from './seen.ts'

export interface UserEvent { id: string, xid: string, user_id: string, task_id: string, attempt: number, status: string }

export interface StreamEvidence {
  clients: SeenByClient[]
  /** Every status change there is. */
  events: UserEvent[]
  /** The clients were given the time to hear of everything up to here. */
  through: LogPosition
  /** The first part of every cursor. */
  epoch: string
}

/** What is wrong about what the clients saw. Empty: each saw exactly the changes of its user, in order. */
export function checkStreams ({ clients, events, through, epoch }: StreamEvidence): Violation[] {
  const ofUsers = Map.groupBy(events.toSorted(byPosition), event => event.user_id)
  return clients.flatMap(client => {
    const mine = ofUsers.get(client.userId) ?? []
    const wanted = client.only === undefined ? mine : mine.filter(({ status }) => client.only!.split(',').includes(status))
    return [
      ...new Follower(wanted, through, epoch).follow(client.seen).map(problem => ({ rule: 'streamsTellEverythingInOrder', message: `${client.name} ${problem}` })),
      ...findForeign(client, mine).map(videoId => ({ rule: 'nothingForeignIsTold', message: `${client.name} heard of ${videoId}` })),
      ...client.refusals.filter(isUnclear).map(({ status, code }) => ({ rule: 'refusalsAreClear', message: `${client.name} was answered with ${status} ${code}` }))
    ]
  })
}

type Change = Extract<Seen, { type: 'change' }>

/** Goes with a client through the changes it should have heard. */
class Follower {
  readonly #expected: UserEvent[]
  readonly #through: LogPosition
  readonly #epoch: string
  readonly #problems: string[] = []
  #next = 0
  #started = false
  /** What it asked to go on from, until that is answered. */
  #asked: string | undefined

  constructor (expected: UserEvent[], through: LogPosition, epoch: string) {
    this.#expected = expected
    this.#through = through
    this.#epoch = epoch
  }

  follow (seen: Seen[]): string[] {
    for (const [index, entry] of seen.entries()) this.#take(entry, seen[index + 1])
    if (!this.#started) return ['was never let in']
    const unheard = this.#expected.slice(this.#next).filter(event => !isAfter(event, this.#through))
    return [...this.#problems, ...unheard.map(event => `never heard that ${describe(event)}`)]
  }

  #take (entry: Seen, following: Seen | undefined): void {
    switch (entry.type) {
      case 'asked':
        this.#asked = entry.cursor
        if (this.#isGood(entry.cursor)) this.#goTo(entry.cursor)
        break
      case 'opened':
        this.#checkOpening(entry.cursor, following?.type === 'reset')
        this.#goTo(entry.cursor)
        break
      case 'change':
        this.#takeChange(entry)
        break
      case 'told':
        this.#checkTold(entry.cursor)
    }
  }

  #checkOpening (cursor: string, isReset: boolean): void {
    const good = this.#isGood(this.#asked)
    if (good && isReset) this.#problems.push(`was reset, though ${this.#asked} is good`)
    if (good && !isReset && cursor !== this.#asked) this.#problems.push(`asked for what came after ${this.#asked} and got what came after ${cursor}, without a word`)
    if (this.#asked !== undefined && !good && !isReset) this.#problems.push(`got no reset for ${this.#asked}`)
  }

  #takeChange ({ cursor, videoId, status, attempt }: Change): void {
    let found = this.#next
    while (found < this.#expected.length && !this.#isThat(this.#expected[found]!, { cursor, videoId, status, attempt })) found++
    const told = `${videoId} became ${status} (attempt ${attempt}, ${cursor})`
    if (found === this.#expected.length) {
      this.#problems.push(`heard out of turn that ${told}`)
      return
    }
    for (const event of this.#expected.slice(this.#next, found)) this.#problems.push(`did not hear that ${describe(event)} before it heard that ${told}`)
    this.#next = found + 1
  }

  #checkTold (cursor: string): void {
    const position = positionOf(cursor)
    while (this.#next < this.#expected.length && !isAfter(this.#expected[this.#next]!, position)) this.#problems.push(`was not told that ${describe(this.#expected[this.#next++]!)} up to ${cursor}`)
    this.#goTo(cursor)
  }

  #goTo (cursor: string): void {
    const position = positionOf(cursor)
    let [low, high] = [0, this.#expected.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isAfter(this.#expected[middle]!, position)) high = middle
      else low = middle + 1
    }
    this.#next = low
    this.#started = true
  }

  #isGood (cursor: string | undefined): cursor is string {
    return cursor !== undefined && cursor.startsWith(`${this.#epoch}-`)
  }

  #isThat ({ task_id: taskId, status, attempt, xid, id }: UserEvent, change: Omit<Change, 'type'>): boolean {
    return taskId === change.videoId && status === change.status && attempt === change.attempt &&
      (change.cursor === undefined || change.cursor === `${this.#epoch}-${xid}-${id}`)
  }
}

function findForeign ({ videoIds }: SeenByClient, mine: UserEvent[]): string[] {
  const own = new Set(mine.map(event => event.task_id))
  return [...videoIds].filter(videoId => !own.has(videoId))
}

/** A server may be away, or say that Postgres is; it may not take a good token for a bad one or fail. */
function isUnclear ({ status, retryAfter }: SeenByClient['refusals'][number]): boolean {
  return status !== 503 || !(Number(retryAfter) > 0)
}

function byPosition (a: UserEvent, b: UserEvent): number {
  return isAfter(a, b) ? 1 : -1
}

function describe ({ task_id: taskId, status, attempt, xid, id }: UserEvent): string {
  return `${taskId} became ${status} (attempt ${attempt}, ${xid}-${id})`
}

export function positionOf (cursor: string): LogPosition {
  const [, xid, id] = cursor.split('-')
  return { xid: xid!, id: id! }
}
