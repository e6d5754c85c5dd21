import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { POSTGRES_SIGNALS } from '../managed-postgres.ts'
import type { Random } from '../random.ts'
import type { Rig } from '../rig.ts'
import type { ListenProxy } from './listen-proxy.ts'

/** The ping's 10 s and its patience of 5 s, the pause before the next try, and what a busy machine adds. */
const NOTICED_MS = 30_000
/** A start beside a crowd of clients, on a busy machine. */
const START_PATIENCE_MS = 120_000
const FREEZE_MS = 3_000
/** Longer than an event is held back for the sake of its id. */
const LONG_TRANSACTION_MS = 3_500

export interface Stage { rig: Rig, proxy: ListenProxy }

interface Fault {
  name: string
  share: number
  strike: (stage: Stage, random: Random) => Promise<void>
}

const BLACK_HOLE: Fault = { name: 'LISTEN black-holed', share: 8, strike: ({ rig, proxy }) => blackHole(rig, proxy) }

const FAULTS: readonly Fault[] = [
  { name: 'server killed', share: 30, strike: ({ rig }, random) => random.pick(rig.servers).kill('SIGKILL') },
  { name: 'all servers killed', share: 4, strike: async ({ rig }) => { await Promise.all(rig.servers.map(server => server.kill('SIGKILL'))) } },
  { name: 'server told to stop', share: 15, strike: ({ rig }, random) => random.pick(rig.servers).kill('SIGTERM') },
  { name: 'server frozen', share: 6, strike: ({ rig }, random) => random.pick(rig.servers).freeze(FREEZE_MS) },
  { name: 'LISTEN cut', share: 15, strike: ({ rig }) => rig.postgres.terminateConnections('reelay listen') },
  BLACK_HOLE,
  { name: 'Postgres restarted', share: 10, strike: ({ rig }, random) => rig.duringOutage(() => rig.postgres.restart(random.pick(POSTGRES_SIGNALS), random.between(0, 2_000))) },
  { name: 'connections terminated', share: 6, strike: ({ rig }) => rig.duringOutage(() => rig.postgres.terminateConnections()) },
  { name: 'long transaction', share: 6, strike: ({ rig }) => holdXmin(rig) }
]

/** One fault after the other, until `count` of them struck. */
export async function strikeStreamFaults (stage: Stage, random: Random, count: number): Promise<void> {
  const bag = FAULTS.flatMap(fault => Array<Fault>(fault.share).fill(fault))
  for (let struck = 0; struck < count; struck++) {
    await strike(stage, random.pick(bag), random)
    await sleep(random.between(200, 2_500))
  }
}

/** Each kind once. The black hole takes its time to be noticed: meanwhile those strike that leave the servers alive. */
export async function strikeEveryStreamFault (stage: Stage, random: Random): Promise<void> {
  const others = FAULTS.filter(fault => fault !== BLACK_HOLE)
  const [deadly, harmless] = [others.filter(({ name }) => isDeadly(name)), others.filter(({ name }) => !isDeadly(name))]
  await Promise.all([strike(stage, BLACK_HOLE, random), strikeEach(stage, harmless, random)])
  await strikeEach(stage, deadly, random)
  await Promise.all(stage.rig.servers.map(server => server.ready(START_PATIENCE_MS)))
}

const isDeadly = (name: string) => /^(all )?servers? (killed|told)/.test(name)

async function strikeEach (stage: Stage, faults: readonly Fault[], random: Random): Promise<void> {
  for (const fault of faults) {
    // One that is down anyway would not notice.
    await Promise.all(stage.rig.servers.map(server => server.ready(START_PATIENCE_MS)))
    await strike(stage, fault, random)
    await sleep(random.between(100, 500))
  }
}

async function strike (stage: Stage, { name, strike }: Fault, random: Random): Promise<void> {
  stage.rig.history.add({ type: 'fault', name })
  await strike(stage, random)
}

/** Until every server listens again: each has to find out for itself. */
async function blackHole ({ servers }: Rig, proxy: ListenProxy): Promise<void> {
  await Promise.all(servers.map(server => server.ready(START_PATIENCE_MS)))
  proxy.blackHole()
  for (const giveUpAt = performance.now() + NOTICED_MS; performance.now() < giveUpAt; await sleep(100)) {
    if (proxy.listening >= servers.length) return
  }
  throw new Error(`${servers.length - proxy.listening} servers did not notice within ${NOTICED_MS} ms that nothing comes through their LISTEN connections`)
}

/** Another database's open transaction, which holds back what counts as settled in the whole cluster. */
async function holdXmin (rig: Rig): Promise<void> {
  const client = new pg.Client({ connectionString: rig.postgres.urlOf('postgres') })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('begin')
    await client.query('select pg_current_xact_id()')
    await sleep(LONG_TRANSACTION_MS)
  } finally {
    await client.end()
  }
}
