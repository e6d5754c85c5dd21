import { setTimeout as sleep } from 'node:timers/promises'
import { check } from './checker.ts'
import { Client } from './clients.ts'
import type { Evidence, Violation } from './evidence.ts'
import { countUp, type Figures } from './figures.ts'
import { createRandom, type Random } from './random.ts'
import { Rig, type ProviderType } from './rig.ts'
import { Watcher } from './watcher.ts'

const CLIENTS = 5
/** A stream each, and one account has two. */
const WATCHERS = CLIENTS + 1
/** Twice a webhook may have been in hand when its process died; one that fails at the third try comes again after five minutes. */
const SETTLE_MS = 400_000
const STREAMS_PATIENCE_MS = 20_000

export interface Campaign {
  type: ProviderType
  seed: number
  strike: (rig: Rig, random: Random) => Promise<void>
}

export interface Outcome extends Figures {
  violations: Violation[]
  /** Where the evidence of a failed run lies. */
  folder?: string
}

/** Servers at work, clients at their API, faults among them; then quiet, and a look at what is left. */
export async function runCampaign ({ type, seed, strike }: Campaign): Promise<Outcome> {
  const random = createRandom(seed)
  const rig = await Rig.start({ type, servers: 2, accounts: { count: CLIENTS, random: random.fork() } })
  const [working, watching] = [new AbortController(), new AbortController()]
  const clients = rig.accounts.map((account, index) => new Client(rig, account, random.fork(), index % 2 === 1))
  clients.forEach((client, index) => { client.neighbour = clients.at(index - 1) })
  const watchers = Array.from({ length: WATCHERS }, (_, index) => new Watcher(rig, rig.accounts[index % CLIENTS]!, index + 1, random.fork()))
  const watches = Promise.all(watchers.map(watcher => watcher.run(watching.signal)))
  try {
    const work = Promise.all(clients.map(client => client.run(working.signal)))
    await strike(rig, random.fork())
    working.abort()
    await work
    await rig.settle(SETTLE_MS)
    await haveSeenAll(watchers)
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
async function haveSeenAll (watchers: Watcher[]): Promise<void> {
  for (const giveUpAt = performance.now() + STREAMS_PATIENCE_MS; performance.now() < giveUpAt; await sleep(250)) {
    const upToDate = await Promise.all(watchers.map(watcher => watcher.isUpToDate()))
    if (upToDate.every(Boolean)) return
  }
}

async function conclude (rig: Rig, evidence: Evidence): Promise<Outcome> {
  const found = check(evidence)
  if (found.length > 0) rig.keepEvidence(evidence)
  // The last stop is a graceful one, and part of what is checked.
  await rig.stop({ keepFolder: found.length > 0 })
  const violations = found.length > 0 ? found : check(evidence)
  return { violations, ...countUp(evidence), ...found.length > 0 && { folder: rig.folder } }
}
