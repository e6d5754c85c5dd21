import type { FastifyInstance } from 'fastify'
import { createSession } from '../../server/accounts/sessions.ts'
import { insertUser } from '../../server/accounts/users.ts'
import { buildApp } from '../../server/app.ts'
import { loadConfig } from '../../server/config.ts'
import { dataFolder } from './data-folder.ts'
import { createLog } from '../../server/log.ts'
import { environment } from './seed-tasks.ts'

/** The server's API half with one user: it submits what it takes, and nothing is polled. */
const { databaseUrl, upstreamUrl } = JSON.parse(process.argv[2]!) as { databaseUrl: string, upstreamUrl: string }
const config = loadConfig({ ...environment(upstreamUrl), ROLES: 'api', DATA_DIR: dataFolder(), LOG_LEVEL: 'error' })
const app = await buildApp(config, { databaseUrl, log: createLog('error') }) as unknown as FastifyInstance
const user = await insertUser(app.db, { username: 'bench', password: 'a good password', role: 'user' })
const session = await createSession(app.db, user, { ip: '127.0.0.1' })
const url = await app.listen({ port: 0, host: '127.0.0.1' })

process.on('disconnect', () => process.exit())
process.on('message', async () => {
  await app.close()
  process.exit()
})
process.send!({ url, token: app.jwt.sign({ sub: user.id, sid: session!.id, exp: session!.expires_at.getTime() / 1000 }) })
