import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepareCluster } from '../server/database/embedded/cluster.ts'
import { adopt, adoptOrLaunch } from '../server/database/embedded/launch.ts'
import { socketUrl } from '../server/database/embedded/postmaster.ts'
import { stopPostgres } from '../server/database/embedded/supervisor.ts'
import { migrateUp } from '../server/database/migrator.ts'
import { administer } from './support/database.ts'
import { silentLog } from './support/silent-log.ts'
import { givenServer, RUN_FOLDER, serverUrl, TAP_FOLDER, TEMPLATE, URL_FILE, withDatabase } from './support/test-server.ts'

/** A run that was killed never came to its teardown. */
async function sweepDeadRuns (): Promise<void> {
  for (const name of readdirSync(TAP_FOLDER)) {
    const pid = Number(/^postgres-(\d+)$/.exec(name)?.[1])
    if (!pid || isAlive(pid)) continue
    const running = await adopt(join(TAP_FOLDER, name, 'postgres'))
    if (running) await stopPostgres(running)
    rmSync(join(TAP_FOLDER, name), { recursive: true, force: true })
  }
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The server outlives this process: teardown.ts stops it. */
async function startServer (): Promise<void> {
  mkdirSync(TAP_FOLDER, { recursive: true })
  await sweepDeadRuns()
  const cluster = await prepareCluster({
    dataDir: RUN_FOLDER,
    log: silentLog,
    // Nobody needs this data after a power cut.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300', max_wal_size: '256MB' }
  })
  const { socketDir } = await adoptOrLaunch(cluster)
  writeFileSync(URL_FILE, socketUrl(socketDir, 'postgres'))
}

if (!givenServer) await startServer()
await administer(`drop database if exists ${TEMPLATE} with (force)`)
await administer(`create database ${TEMPLATE}`)
await migrateUp(withDatabase(serverUrl(), TEMPLATE))
