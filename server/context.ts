import type { PgBoss } from 'pg-boss'
import type { Upstreams } from './channels/upstreams.ts'
import type { Config } from './config.ts'
import type { Db } from './database/tables.ts'
import type { TaskFeed } from './events/task-feed.ts'
import type { Log } from './log.ts'
import type { AssetStore } from './media/asset-store.ts'
import type { Egress } from './upstreams/egress.ts'
import type { RunTimeProfiles } from './cadence/run-time-profiles.ts'

/** What the work on tasks needs, handed down explicitly: nothing in server/ reaches for a global. */
export interface ServerContext {
  config: Config
  db: Db
  boss: PgBoss
  log: Log
  upstreams: Upstreams
  egress: Egress
  assets: AssetStore
  /** Whether this process makes pictures of finished videos. */
  previews?: boolean
  runTimes: RunTimeProfiles
  /** Told after every commit that changed a task, so that streams look. */
  feed: Pick<TaskFeed, 'wake'>
}
