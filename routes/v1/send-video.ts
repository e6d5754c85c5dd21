import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pollAfterMs, presentOpenaiVideo } from '../../server/tasks/present-openai-video.ts'
import { findOwnTaskOrThrow, type TaskView } from '../../server/tasks/task-repository.ts'

/** The answer of every operation that makes, changes or reads one video. */
export async function sendVideo ({ db }: FastifyInstance, request: FastifyRequest, reply: FastifyReply, id: string) {
  const task = await findOwnTaskOrThrow(db, request.user.id, id)
  tellWhenToLook(reply, [task])
  return presentOpenaiVideo(task, request.locale)
}

/** For clients that poll: the soonest that any of these can have changed. */
export function tellWhenToLook (reply: FastifyReply, tasks: TaskView[]): void {
  const now = new Date()
  const waits = tasks.map(task => pollAfterMs(task, now)).filter(wait => wait !== undefined)
  if (waits.length > 0) reply.header('openai-poll-after-ms', String(Math.min(...waits)))
}
