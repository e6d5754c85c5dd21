import { fromKysely, PgBoss } from 'pg-boss'
import { Upstreams } from '../channels/upstreams.ts'
import type { ServerContext } from '../context.ts'
import { RunTimeProfiles } from '../cadence/run-time-profiles.ts'
import { createDatabase } from '../database/connect.ts'
import { armFailpoints } from '../failpoints.ts'
import { createLog } from '../log.ts'
import { createAssetStore } from '../media/choose-store.ts'
import { createEgress } from '../upstreams/egress.ts'
import type { FromChild, IsolatedSettings, ToChild } from './isolated-process.ts'
import { PollEngine } from './poll-engine.ts'

/*
 * A process that polls suspects and nothing else. Whatever ends it was in these polls: nothing here catches more than
 * the server itself does. Its parent sends the settings, then groups of suspects, and ends it; without a parent it ends.
 */
const POOL_MAX = 3

let context: ServerContext | undefined
let engine: PollEngine | undefined

process.on('disconnect', () => process.exit())
process.on('message', async (message: ToChild) => {
  if ('settings' in message) {
    context = await createContext(message.settings)
    // Videos are copied by the server's processes, by their jobs.
    engine = new PollEngine(context, () => {}, () => {})
    engine.stats.onFigure = figure => tell({ figure })
    tell('ready')
  } else {
    // Only the database can fail here, and that is no poll's doing: they stay suspects.
    await engine!.pollSuspects(message.jobs).catch(error => context!.log.error({ err: error }, 'suspected polls could not be claimed'))
    tell('done')
  }
})

async function createContext ({ config, databaseUrl, encryptionKey, sandbox }: IsolatedSettings): Promise<ServerContext> {
  armFailpoints(config.FAILPOINT)
  const db = createDatabase(databaseUrl, POOL_MAX)
  const boss = new PgBoss({ db: fromKysely(db), schema: 'pgboss', migrate: false, createSchema: false, supervise: false, schedule: false })
  const log = createLog(config.LOG_LEVEL).child({ isolated: true })
  boss.on('error', error => log.error({ err: error }, 'pg-boss'))
  await boss.start()
  const egress = createEgress()
  return {
    config,
    db,
    boss,
    log,
    upstreams: new Upstreams(db, egress, Buffer.from(encryptionKey), () => sandbox),
    egress,
    assets: createAssetStore(config, egress),
    runTimes: new RunTimeProfiles(db),
    // The parent has the streams, and tells the other processes.
    feed: { wake: () => tell('changed') }
  }
}

function tell (message: FromChild): void {
  process.send?.(message)
}
