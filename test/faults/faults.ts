import { setTimeout as sleep } from 'node:timers/promises'
import { POSTGRES_SIGNALS } from './managed-postgres.ts'
import type { ManagedServer } from './managed-server.ts'
import type { Random } from './random.ts'
import type { Rig } from './rig.ts'

/** Every named place of submission and polling (server/failpoints.ts). */
const FAILPOINTS = [
  'submit.after-claim', 'submit.before-send', 'submit.after-send', 'submit.after-record',
  'poll.after-fetch', 'poll.after-claim', 'poll.before-ask', 'poll.after-ask', 'poll.before-commit', 'poll.after-commit'
]
/** Places where a process may stand still for long and must then know that its time is over. */
const STALLS = ['submit.after-claim', 'submit.before-send', 'submit.after-send', 'poll.after-claim', 'poll.before-commit']
/** A failpoint that nobody came to by then. */
const FAILPOINT_PATIENCE_MS = 5_000
const START_PATIENCE_MS = 30_000
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

/** One fault after the other, each followed by a moment to breathe, until `count` of them struck. */
export async function strikeFaults (rig: Rig, random: Random, count: number): Promise<void> {
  const bag = FAULTS.flatMap(fault => Array<Fault>(fault.share).fill(fault))
  for (let struck = 0; struck < count; struck++) {
    const fault = random.pick(bag)
    rig.history.add({ type: 'fault', name: fault.name })
    await fault.strike(rig, random)
    await sleep(random.between(100, 1_500))
  }
}

/** Each kind once, each failpoint once: what a short run must not leave to chance. */
export async function strikeEveryFault (rig: Rig, random: Random): Promise<void> {
  await Promise.all(rig.servers.map(async (server, index) => {
    for (const failpoint of FAILPOINTS.filter((_, at) => at % rig.servers.length === index)) {
      rig.history.add({ type: 'fault', name: failpoint })
      await runInto(server, failpoint)
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
  await runInto(random.pick(rig.servers), random.pick(FAILPOINTS))
}

/** The server's next life ends at the failpoint; then it lives on without. */
async function runInto (server: ManagedServer, failpoint: string): Promise<void> {
  const before = server.pid
  await server.kill('SIGKILL', failpoint)
  await until(() => server.pid !== before, START_PATIENCE_MS)
  const armed = server.pid
  await until(() => server.url !== undefined || server.pid !== armed, START_PATIENCE_MS)
  if (!await until(() => server.pid !== armed, FAILPOINT_PATIENCE_MS)) await server.kill('SIGKILL')
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

/** Afterwards asks every server that lived through it until it serves, and notes how long that took. */
async function withRecovery (rig: Rig, outage: () => Promise<void>): Promise<void> {
  const alive = rig.servers.filter(server => server.url).map(server => ({ server, url: server.url! }))
  await rig.duringOutage(outage)
  const acceptedAt = performance.now()
  await Promise.all(alive.map(async ({ server, url }) => {
    const ms = await probe(rig, url, () => server.url !== url, acceptedAt)
    if (ms !== undefined) rig.history.add({ type: 'recovered', server: server.name, ms })
  }))
}

async function probe (rig: Rig, url: string, isGone: () => boolean, since: number): Promise<number | undefined> {
  while (!isGone() && performance.now() - since < PROBE_PATIENCE_MS) {
    const response = await fetch(`${url}/api/video/tasks?limit=1`, { headers: { authorization: rig.authorization }, signal: AbortSignal.timeout(PROBE_PATIENCE_MS) }).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.status === 200) break
    await sleep(PROBE_EVERY_MS)
  }
  return isGone() ? undefined : Math.round(performance.now() - since)
}

async function until (holds: () => boolean, patienceMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + patienceMs
  while (!holds() && performance.now() < giveUpAt) await sleep(20)
  return holds()
}
