import fp from 'fastify-plugin'
import type { ServerContext } from '../server/context.ts'
import { loadFeedEpoch } from '../server/events/feed-epoch.ts'
import { adoptRestoredLog } from '../server/events/restored-log.ts'
import { TaskFeed } from '../server/events/task-feed.ts'
import { createAssetStore } from '../server/media/choose-store.ts'
import { hasFfmpeg } from '../server/media/ffmpeg.ts'
import { checkAssetStore } from '../server/media/store-marker.ts'
import { Submissions } from '../server/tasks/submissions.ts'
import { RunTimeProfiles } from '../server/cadence/run-time-profiles.ts'
import { Workers } from '../server/workers/workers.ts'
import type { DatabaseOptions } from './database.ts'

declare module 'fastify' {
  interface FastifyInstance {
    context: ServerContext
    submissions: Submissions
    feed: TaskFeed
    feedEpoch: string
    /** Absent in a process that only serves the API. */
    workers: Workers | undefined
    /** What /ready tells beside the database: each check is `ok` or why not. */
    readiness: () => Record<string, string>
  }
}

export default fp<DatabaseOptions>(async function tasksPlugin (fastify, { databaseUrl }) {
  const { config, db, boss, log, upstreams, egress, secrets } = fastify
  const assets = createAssetStore(config, egress)
  await checkAssetStore(db, assets)
  const restored = await adoptRestoredLog(db)
  if (restored > 0) log.info({ events: restored }, 'this database was restored from a dump: its events were put in order')
  const feed = new TaskFeed(db, databaseUrl, log)
  await feed.start()
  fastify.release('task feed', () => feed.close())

  const previews = config.roles.has('worker') && await hasFfmpeg()
  if (config.roles.has('worker') && !previews) log.info('no ffmpeg on the PATH: finished videos get no thumbnails')
  const context: ServerContext = { config, db, boss, log, upstreams, egress, assets, previews, runTimes: new RunTimeProfiles(db), feed }
  const submissions = new Submissions(context)
  fastify.decorate('context', context)
  fastify.decorate('submissions', submissions)
  fastify.decorate('feed', feed)
  fastify.decorate('feedEpoch', await loadFeedEpoch(db))

  const workers = config.roles.has('worker') ? new Workers(context, submissions, { config, databaseUrl, encryptionKey: secrets.encryption, sandbox: upstreams.sandbox }) : undefined
  fastify.decorate('workers', workers)
  fastify.decorate('readiness', (): Record<string, string> => workers ? { workers: workers.running ? 'ok' : 'not running' } : {})
  fastify.addHook('onReady', () => workers?.start())
  // Requests wait for their submissions, and close() waits for the requests: so these end first.
  fastify.stopFirst('workers', () => workers?.stop())
  fastify.stopFirst('submissions', () => submissions.close())
}, { name: 'tasks', fastify: '5.x', dependencies: ['closing', 'database', 'boss', 'upstreams'] })
