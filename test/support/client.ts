import type { FastifyInstance, InjectOptions } from 'fastify'
import { PASSWORD } from './accounts.ts'

/** Somebody who is signed in. */
export type Client = Awaited<ReturnType<typeof createClient>>

export async function createClient (app: FastifyInstance, username: string) {
  const response = await app.inject({ method: 'POST', url: '/api/auth/login', payload: { username, password: PASSWORD } })
  const { token, user } = response.json().data
  const authorization = `Bearer ${token}`
  const inject = (options: InjectOptions) => app.inject({ ...options, headers: { authorization, ...options.headers } })

  return {
    id: user.id as string,
    username,
    authorization,
    inject,
    get: (url: string, headers = {}) => inject({ url, headers }),
    /** `payload`: an object is sent as JSON, a FormData as multipart, a string as it is. */
    post: (url: string, payload?: InjectOptions['payload'], headers = {}) => inject({ method: 'POST', url, payload, headers }),
    /** Makes a video and answers with the receipt. */
    async createTask (body: object = {}) {
      const created = await inject({ method: 'POST', url: '/api/video/tasks', payload: { prompt: 'a cat', ...body } })
      if (created.statusCode !== 201) throw new Error(created.body)
      return created.json().data as { videoId: string, externalTaskId: string | null, status: string }
    }
  }
}
