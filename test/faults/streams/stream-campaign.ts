import { setMaxListeners } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAfter } from '../../../server/events/cursor.ts'
import type { LogPosition } from '../../../server/events/event-log.ts'
import { check } from '../checker.ts'
import type { Evidence, Violation } from '../evidence.ts'
import { writeLines } from '../history.ts'
import { DATABASE } from '../managed-postgres.ts'
import { createRandom, type Random } from '../random.ts'
import { Rig } from '../rig.ts'
import { ListenProxy } from './listen-proxy.ts'
import { Poster } from './poster.ts'
import { checkStreams, positionOf, type StreamEvidence, type UserEvent } from './seen-checker.ts'
import { StreamClient, type Account, type Habit } from './stream-client.ts'
import type { Stage } from './stream-faults.ts'

const SERVERS = 3
const USERS = 5
const PASSWORD = 'correct horse battery'
const HABITS: readonly Habit[] = ['all', 'all', 'all', 'all', 'ended only', 'long poll']
const CATCH_UP_MS = 120_000
/** What else is looked at: the tasks themselves are no matter here, and still on their way. */
const OTHER_RULES = ['nothingIsUnhandled', 'serversStopInTime']

export interface StreamCampaign {
  seed: number
  clients: number
  strike: (stage: Stage, random: Random) => Promise<void>
}

export interface StreamOutcome {
  violations: Violation[]
  faults: number
  connections: number
  /** Status changes there were, and how often one was heard. */
  changes: number
  heard: number
  resets: number
  /** From commit to client, of changes heard live while all this went on. */
  delayMs: { p50: number, p99: number, max: number }
  folder?: string
}

/** Several servers on one Postgres, a crowd of clients that come and go, faults in between; then a look at what each heard. */
export async function runStreamCampaign ({ seed, clients: count, strike }: StreamCampaign): Promise<StreamOutcome> {
  const random = createRandom(seed)
  let proxy!: ListenProxy
  const rig = await Rig.start({
    type: 'openai',
    servers: SERVERS,
    reachPostgres: async (postgres, folder) => {
      proxy = await ListenProxy.start(join(folder, 'proxy'), () => postgres.socketFolder)
      return proxy.url(DATABASE)
    }
  })
  try {
    const accounts = await createAccounts(rig)
    const clients = createClients(rig, accounts, count, random)
    const posters = accounts.map(account => new Poster(rig, account, random.fork()))
    const through = await perform(rig, clients, posters, () => strike({ rig, proxy }, random.fork()))
    return await conclude(rig, clients, through)
  } catch (error) {
    await rig.stop({ keepFolder: true })
    throw error
  } finally {
    proxy.close()
  }
}

async function createAccounts (rig: Rig): Promise<Account[]> {
  return await Promise.all(Array.from({ length: USERS }, async (_, index) => {
    const username = `follower-${index + 1}`
    const response = await fetch(`${rig.servers[0]!.url}/api/users`, {
      method: 'POST',
      headers: { authorization: rig.authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: PASSWORD })
    })
    const { data } = await response.json() as { data: { id: string } }
    return { userId: data.id, authorization: await rig.logIn(username, PASSWORD) }
  }))
}

function createClients (rig: Rig, accounts: Account[], count: number, random: Random): StreamClient[] {
  return Array.from({ length: count }, (_, index) => {
    const habit = HABITS[Math.floor(index / accounts.length) % HABITS.length]!
    return new StreamClient(rig, accounts[index % accounts.length]!, `stream ${index + 1} (${habit})`, habit, random.fork())
  })
}

async function perform (rig: Rig, clients: StreamClient[], posters: Poster[], strike: () => Promise<void>): Promise<LogPosition> {
  const [working, watching] = [new AbortController(), new AbortController()]
  setMaxListeners(0, watching.signal)
  const watches = Promise.all(clients.map(client => client.run(watching.signal)))
  const work = Promise.all(posters.map(poster => poster.run(working.signal)))
  try {
    await strike()
    working.abort()
    await work
    for (const client of clients) client.calmDown()
    return await haveHeardAll(rig, clients)
  } finally {
    working.abort()
    watching.abort()
    await Promise.all([work, watches])
  }
}

/** Every client gets the time to hear everything up to now; answers with where that is. */
async function haveHeardAll (rig: Rig, clients: StreamClient[]): Promise<LogPosition> {
  const events = await listEvents(rig)
  const ofUsers = Map.groupBy(events, event => event.user_id)
  const isDone = (client: StreamClient) => {
    const last = ofUsers.get(client.userId)?.findLast(({ status }) => client.only?.includes(status) ?? true)
    return client.cursor !== undefined && (!last || !isAfter(last, positionOf(client.cursor)))
  }
  for (const giveUpAt = performance.now() + CATCH_UP_MS; performance.now() < giveUpAt; await sleep(100)) {
    if (clients.every(isDone)) break
  }
  return events.at(-1)!
}

function listEvents (rig: Rig): Promise<UserEvent[]> {
  return rig.postgres.query<UserEvent>("select id, xid::text, user_id, task_id, attempt, status from task_events where kind = 'status' order by task_events.xid, task_events.id")
}

async function conclude (rig: Rig, clients: StreamClient[], through: LogPosition): Promise<StreamOutcome> {
  const streams: StreamEvidence = { clients, through, events: await listEvents(rig), epoch: findEpoch(clients) }
  const evidence = await rig.collectEvidence()
  // The last stop is a graceful one, and part of what is checked.
  await rig.stop({ keepFolder: true })
  const violations = [...checkStreams(streams), ...checkServers(evidence)]
  if (violations.length > 0) {
    rig.keepEvidence(evidence)
    writeLines(join(rig.folder, 'streams.jsonl'), clients.map(({ name, userId, only, seen, refusals }) => ({ name, userId, only, refusals, seen })))
  } else rmSync(rig.folder, { recursive: true, force: true })
  return {
    violations,
    faults: rig.history.count('fault'),
    changes: streams.events.length,
    ...countSeen(clients),
    delayMs: summarise(clients.flatMap(client => client.delays)),
    ...violations.length > 0 && { folder: rig.folder }
  }
}

function checkServers (evidence: Evidence): Violation[] {
  return check(evidence).filter(({ rule }) => OTHER_RULES.includes(rule))
}

/** As the first stream was told it; every other must be told the same. */
function findEpoch (clients: StreamClient[]): string {
  const first = clients.flatMap(({ seen }) => seen).find(entry => entry.type === 'opened')
  return first!.cursor.split('-')[0]!
}

function countSeen (clients: StreamClient[]) {
  const all = clients.flatMap(({ seen }) => seen)
  const count = (type: string) => all.filter(entry => entry.type === type).length
  return { connections: count('asked'), heard: count('change'), resets: count('reset') }
}

function summarise (delays: number[]) {
  const histogram = createHistogram()
  for (const delay of delays) histogram.record(Math.max(1, delay))
  return { p50: histogram.percentile(50), p99: histogram.percentile(99), max: histogram.max }
}
