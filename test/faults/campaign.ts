import { setTimeout as sleep } from 'node:timers/promises'
import { check } from './checker.ts'
import { Client } from './clients.ts'
import type { Evidence, Violation } from './evidence.ts'
import { createRandom, type Random } from './random.ts'
import { Rig, type ProviderType } from './rig.ts'
import { Watcher } from './watcher.ts'

const CLIENTS = 5
const WATCHERS = 4
/** A poll that was in hand when its process died: its lease (45 s), the sweep (5 s), its spread (5 s), and then some. */
const SETTLE_MS = 120_000
const STREAMS_PATIENCE_MS = 20_000

export interface Campaign {
  type: ProviderType
  seed: number
  strike: (rig: Rig, random: Random) => Promise<void>
}

export interface Outcome {
  violations: Violation[]
  tasks: number
  paid: number
  faults: number
  slowestRecoveryMs: number
  /** Where the evidence of a failed run lies. */
  folder?: string
}

/** Servers at work, clients at their API, faults among them; then quiet, and a look at what is left. */
export async function runCampaign ({ type, seed, strike }: Campaign): Promise<Outcome> {
  const random = createRandom(seed)
  const rig = await Rig.start({ type, servers: 2 })
  const [working, watching] = [new AbortController(), new AbortController()]
  const clients = numbers(CLIENTS).map(number => new Client(rig, `client ${number}`, random.fork(), number % 2 === 0))
  const watchers = numbers(WATCHERS).map(number => new Watcher(rig, number, random.fork()))
  const watches = Promise.all(watchers.map(watcher => watcher.run(watching.signal)))
  try {
    const work = Promise.all(clients.map(client => client.run(working.signal)))
    await strike(rig, random.fork())
    working.abort()
    await work
    await rig.settle(SETTLE_MS)
    await haveSeenAll(rig, watchers)
  } catch (error) {
    await rig.stop({ keepFolder: true })
    throw error
  } finally {
    working.abort()
    watching.abort()
    await watches
  }
  const evidence = await rig.collectEvidence()
  return await conclude(rig, evidence)
}

/** Every stream gets the time to deliver the last change. */
async function haveSeenAll (rig: Rig, watchers: Watcher[]): Promise<void> {
  const [last] = await rig.postgres.query<{ id: string }>("select id from task_events where kind = 'status' order by xid desc, id desc limit 1")
  const giveUpAt = performance.now() + STREAMS_PATIENCE_MS
  while (performance.now() < giveUpAt && !watchers.every(({ cursor }) => cursor?.endsWith(`-${last?.id}`))) await sleep(100)
}

async function conclude (rig: Rig, evidence: Evidence): Promise<Outcome> {
  const found = check(evidence)
  if (found.length > 0) rig.keepEvidence(evidence)
  // The last stop is a graceful one, and part of what is checked.
  await rig.stop({ keepFolder: found.length > 0 })
  const violations = found.length > 0 ? found : check(evidence)
  const { history, tasks, ledger } = evidence
  return {
    violations,
    tasks: tasks.length,
    paid: ledger.length,
    faults: rig.history.count('fault'),
    slowestRecoveryMs: Math.max(0, ...history.flatMap(entry => entry.type === 'recovered' ? entry.ms : [])),
    ...found.length > 0 && { folder: rig.folder }
  }
}

function numbers (count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
