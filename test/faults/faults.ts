import { setTimeout as sleep } from 'node:timers/promises'
import { FAILPOINTS, type FailpointName } from '../../server/failpoints.ts'
import { POSTGRES_SIGNALS } from './managed-postgres.ts'
import type { ManagedServer } from './managed-server.ts'
import type { Random } from './random.ts'
import type { Rig } from './rig.ts'

/** Only a provider that can be asked, and can cancel, leads there. */
const ASKABLE_ONLY = /^(confirm|cancel)\./
/** Places where a process may stand still for long and must then know that its time is over. */
const STALLS = [
  'submit.after-claim', 'submit.before-send', 'submit.after-send', 'confirm.after-look', 'poll.after-claim', 'poll.before-commit', 'cancel.after-ask', 'webhook.after-send'
] as const satisfies readonly FailpointName[]
/** A failpoint that nobody came to by then. */
const FAILPOINT_PATIENCE_MS = 5_000
/** In a short run, which must come to all. */
const MAX_LIVES = 8
const START_PATIENCE_MS = 60_000
/** Twice SUBMIT_TIMEOUT_MS is a submission's lease, three times the grace after which an attempt counts as not made. */
const STALL_MS = 4_000
const PROBE_EVERY_MS = 50
const PROBE_PATIENCE_MS = 15_000

interface Fault {
  name: string
  share: number
  strike: (rig: Rig, random: Random) => Promise<void>
}

const FAULTS: readonly Fault[] = [
  { name: 'server killed', share: 20, strike: (rig, random) => random.pick(rig.servers).kill('SIGKILL') },
  { name: 'server killed at a failpoint', share: 40, strike: killAtFailpoint },
  { name: 'all servers killed', share: 5, strike: killAll },
  { name: 'server told to stop', share: 8, strike: (rig, random) => random.pick(rig.servers).kill('SIGTERM') },
  { name: 'server frozen', share: 7, strike: (rig, random) => random.pick(rig.servers).freeze(STALL_MS) },
  { name: 'server stalled at a failpoint', share: 5, strike: stallAtFailpoint },
  { name: 'Postgres restarted', share: 10, strike: restartPostgres },
  { name: 'connections terminated', share: 5, strike: rig => withRecovery(rig, () => rig.postgres.terminateConnections()) }
]

/** One fault after the other, each followed by a moment to breathe, until `count` of them struck or the time is over. */
export async function strikeFaults (rig: Rig, random: Random, count: number, timeUp?: AbortSignal): Promise<void> {
  const bag = FAULTS.flatMap(fault => Array<Fault>(fault.share).fill(fault))
  for (let struck = 0; struck < count && !timeUp?.aborted; struck++) {
    const fault = random.pick(bag)
    rig.history.add({ type: 'fault', name: fault.name })
    await fault.strike(rig, random)
    await sleep(random.between(100, 1_500))
  }
}

/** Where a run with this provider comes by. */
export function reachableFailpoints ({ type }: Pick<Rig, 'type'>): FailpointName[] {
  return FAILPOINTS.filter(name => type === 'openai' || !ASKABLE_ONLY.test(name))
}

/** Each kind once, each failpoint until a process ended at it: what a short run must not leave to chance. */
export async function strikeEveryFault (rig: Rig, random: Random): Promise<void> {
  const failpoints = reachableFailpoints(rig)
  await Promise.all(rig.servers.map(async server => {
    for (let failpoint = failpoints.shift(); failpoint; failpoint = failpoints.shift()) {
      rig.history.add({ type: 'fault', name: failpoint })
      for (let life = 1; life <= MAX_LIVES && !await runInto(rig, server, failpoint); life++);
    }
  }))
  for (const fault of FAULTS.filter(({ name }) => !name.includes('at a failpoint'))) {
    // One that is down anyway would not notice.
    await Promise.all(rig.servers.map(server => server.ready()))
    rig.history.add({ type: 'fault', name: fault.name })
    await fault.strike(rig, random)
    await sleep(random.between(100, 500))
  }
  await Promise.all(rig.servers.map(server => server.ready()))
}

async function killAll (rig: Rig): Promise<void> {
  await Promise.all(rig.servers.map(server => server.kill('SIGKILL')))
}

async function killAtFailpoint (rig: Rig, random: Random): Promise<void> {
  await runInto(rig, random.pick(rig.servers), random.pick(reachableFailpoints(rig)))
}

/** The server's next life ends at the failpoint; then it lives on without. False: it never came there. */
async function runInto (rig: Rig, server: ManagedServer, failpoint: FailpointName): Promise<boolean> {
  const seen = rig.history.entries.length
  const before = server.pid
  await server.kill('SIGKILL', failpoint)
  await until(() => server.pid !== before, START_PATIENCE_MS)
  const armed = server.pid
  await until(() => server.url !== undefined || server.pid !== armed, START_PATIENCE_MS)
  if (!await until(() => server.pid !== armed, FAILPOINT_PATIENCE_MS)) await server.kill('SIGKILL')
  return rig.history.entries.slice(seen).some(entry => entry.type === 'exit' && entry.server === server.name && entry.failpoint === failpoint)
}

async function stallAtFailpoint (rig: Rig, random: Random): Promise<void> {
  const server = random.pick(rig.servers)
  await server.kill('SIGKILL', `${random.pick(STALLS)}=pause:${STALL_MS}`)
  await until(() => server.url !== undefined, START_PATIENCE_MS)
  await sleep(2.5 * STALL_MS)
  await server.kill('SIGKILL')
}

async function restartPostgres (rig: Rig, random: Random): Promise<void> {
  await withRecovery(rig, () => rig.postgres.restart(random.pick(POSTGRES_SIGNALS), random.between(0, 2_000)))
}

/** Asks every server all the while; afterwards those that lived through it until they serve, and notes how long that took. */
async function withRecovery (rig: Rig, outage: () => Promise<void>): Promise<void> {
  const alive = rig.servers.filter(server => server.url).map(server => ({ server, url: server.url! }))
  const over = new AbortController()
  const probes = Promise.all(alive.map(({ url }) => probeUntil(rig, url, over.signal)))
  await rig.duringOutage(outage)
  const acceptedAt = performance.now()
  over.abort()
  await probes
  await Promise.all(alive.map(async ({ server, url }) => {
    const ms = await timeRecovery(rig, url, () => server.url !== url, acceptedAt)
    if (ms !== undefined) rig.history.add({ type: 'recovered', server: server.name, ms })
  }))
}

async function probeUntil (rig: Rig, url: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await probe(rig, url, '/api/video/tasks?limit=1')
    await sleep(PROBE_EVERY_MS)
  }
}

/** In milliseconds, until it answers requests and says that its workers run. */
async function timeRecovery (rig: Rig, url: string, isGone: () => boolean, since: number): Promise<number | undefined> {
  while (!isGone() && performance.now() - since < PROBE_PATIENCE_MS) {
    if (await probe(rig, url, '/api/video/tasks?limit=1') === 200 && await probe(rig, url, '/ready') === 200) break
    await sleep(PROBE_EVERY_MS)
  }
  return isGone() ? undefined : Math.round(performance.now() - since)
}

async function probe (rig: Rig, url: string, path: string): Promise<number | undefined> {
  try {
    const response = await fetch(url + path, { headers: { authorization: rig.authorization }, signal: AbortSignal.timeout(PROBE_PATIENCE_MS) })
    const { status, headers } = response
    const { code } = await response.json() as { code?: string }
    if (path !== '/ready') rig.history.add({ type: 'reply', operation: 'probe', by: 'admin', status, code, retryAfter: headers.get('retry-after') ?? undefined })
    return status
  } catch (error) {
    rig.history.add({ type: 'lost', operation: 'probe', by: 'admin', reason: String((error as Error).cause ?? error) })
  }
}

async function until (holds: () => boolean, patienceMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + patienceMs
  while (!holds() && performance.now() < giveUpAt) await sleep(20)
  return holds()
}
