import Fastify from 'fastify'
import { createDatabase } from '../../server/database/connect.ts'

/** The least a server can do with the request: one row in the same database. */
const { databaseUrl } = JSON.parse(process.argv[2]!) as { databaseUrl: string }
const db = createDatabase(databaseUrl, 10)
const { id } = await db.insertInto('users').values({ username: 'bare', password_hash: 'none', role: 'user' }).returning('id').executeTakeFirstOrThrow()
await db.insertInto('channels').values({ id: 'bare', name: 'bare', type: 'sora-relay' }).execute()

const app = Fastify()
app.post<{ Body: { prompt: string, model: string } }>('/api/video/tasks', async ({ body }, reply) => {
  const videoId = crypto.randomUUID()
  await db.insertInto('tasks').values({ id: videoId, user_id: id, status: 'QUEUED', stage: 'accepted', channel_id: 'bare', ...body }).execute()
  return reply.code(201).send({ videoId })
})
const url = await app.listen({ port: 0, host: '127.0.0.1' })

process.on('disconnect', () => process.exit())
process.on('message', () => process.exit())
process.send!({ url, token: 'none' })
