import type { Test } from 'tap'
import contentRoutes from '../../routes/api/video/content.ts'
import { insertUser } from '../../server/accounts/users.ts'
import { findCurrentCredentialId, setCredential } from '../../server/channels/credentials.ts'
import { Upstreams } from '../../server/channels/upstreams.ts'
import type { ServerContext } from '../../server/context.ts'
import type { Task } from '../../server/database/tables.ts'
import { createLocalStore } from '../../server/media/local-store.ts'
import { contentUrlKey, signContentUrl } from '../../server/media/signed-urls.ts'
import { insertTask } from '../../server/tasks/task-repository.ts'
import { newVideoId } from '../../server/tasks/video-id.ts'
import { createEgress } from '../../server/upstreams/egress.ts'
import type { AttemptResult } from '../../server/upstreams/upstream.ts'
import { buildAccountApp, SECRETS } from './account-app.ts'
import { PASSWORD } from './accounts.ts'
import { startScriptedServer } from './scripted-server.ts'

export const UPSTREAM_KEY = 'sk-upstream-secret'

interface Finished { result?: AttemptResult, status?: Task['status'], channel?: 'sora-relay' | 'openai', userId?: string }

/** The content route on a real port, and the upstream it reads from. */
export async function startContentApp (t: Test) {
  const upstream = await startScriptedServer(t)
  const app = await buildAccountApp(t, {
    routes: async app => {
      const egress = createEgress()
      app.addHook('onClose', () => egress.close())
      const upstreams = new Upstreams(app.db, egress, SECRETS.encryption, () => undefined)
      app.decorate('context', { db: app.db, egress, upstreams, assets: createLocalStore(t.testdir()) } as unknown as ServerContext)
      await app.register(contentRoutes, { prefix: '/api/video/tasks' })
    }
  })
  const { db } = app
  for (const type of ['sora-relay', 'openai']) {
    await db.insertInto('channels').values({ id: type, name: type, type, base_url: upstream.url }).execute()
    await setCredential(db, SECRETS.encryption, type, { baseUrl: upstream.url, apiKey: UPSTREAM_KEY })
  }
  const owner = await insertUser(db, { username: 'owner', password: PASSWORD, role: 'user' })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })

  return {
    app,
    db,
    upstream,
    origin,
    owner,
    sign: (videoId: string, now = new Date()) => origin + signContentUrl({ key: contentUrlKey(SECRETS.encryption), videoId, now }),

    async login (username: string): Promise<{ authorization: string }> {
      const response = await app.inject({ method: 'POST', url: '/api/auth/login', payload: { username, password: PASSWORD } })
      return { authorization: `Bearer ${response.json().data.token}` }
    },

    /** A task that the upstream says it has made. */
    async addTask ({ result = { videoUrl: `${upstream.url}/video.mp4` }, status = 'COMPLETED', channel = 'sora-relay', userId = owner.id }: Finished = {}): Promise<string> {
      const id = newVideoId()
      const credentialId = await findCurrentCredentialId(db, channel)
      const task = await insertTask(db, { id, user_id: userId, status, stage: status.toLowerCase(), channel_id: channel, credential_id: credentialId, model: 'sora-2', prompt: 'a cat', external_task_id: `ext-${id}` }, 60_000)
      await db
        .updateTable('task_attempts')
        .set({ state: 'accepted', external_task_id: task.external_task_id, result: JSON.stringify(result) })
        .where('task_id', '=', id)
        .execute()
      return id
    }
  }
}
