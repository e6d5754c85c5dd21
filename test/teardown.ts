import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { adopt } from '../server/database/embedded/launch.ts'
import { stopPostgres } from '../server/database/embedded/supervisor.ts'
import { administer } from './support/database.ts'
import { givenServer, RUN_FOLDER, TEMPLATE } from './support/test-server.ts'

if (givenServer) {
  await administer(`drop database if exists ${TEMPLATE} with (force)`)
} else {
  const running = await adopt(join(RUN_FOLDER, 'postgres'))
  if (running) await stopPostgres(running)
  rmSync(RUN_FOLDER, { recursive: true, force: true })
}
