import { randomUUID } from 'node:crypto'
import type { Db, Task, WebhookDelivery, WebhookEndpoint } from '../database/tables.ts'
import type { LoggedEvent } from '../events/event-log.ts'
import { statusFrame } from '../events/frames.ts'
import { contentUrlKey, signContentUrl } from '../media/signed-urls.ts'
import type { Reader } from '../tasks/present-task.ts'
import type { TaskView } from '../tasks/task-repository.ts'
import type { WebhookContext } from './webhook-context.ts'

type Subject = Pick<WebhookDelivery, 'event_id' | 'event_type' | 'task_id'>

/** The text to send, once and for all tries. Undefined: the event is no longer kept. */
export async function buildPayload (context: WebhookContext, format: WebhookEndpoint['format'], delivery: Subject): Promise<string | undefined> {
  const event = await findEvent(context.db, delivery.event_id)
  const task = await context.db.selectFrom('tasks').selectAll().where('id', '=', delivery.task_id).executeTakeFirst()
  if (!event || !task) return undefined
  return JSON.stringify(format === 'openai' ? openAiEvent(delivery.event_type, task.id, event.created_at) : nativeEvent(context, delivery.event_type, event, task))
}

/** As OpenAI sends it: the receiver fetches the video by its id. */
export function openAiEvent (type: string, videoId: string, at: Date) {
  return { id: `evt_${randomUUID().replaceAll('-', '')}`, object: 'event', created_at: Math.floor(at.getTime() / 1000), type, data: { id: videoId } }
}

/** The frame of a stream, under the event's name. */
function nativeEvent (context: WebhookContext, type: string, event: LoggedEvent, task: Task) {
  const frame = statusFrame(event, asView(task), readerOf(context))
  return { ...frame, type, payload: 'payload' in frame ? { ...frame.payload, videoUrl: absoluteUrl(context, frame.payload.videoUrl) } : undefined }
}

/** Without PUBLIC_URL there is no address a receiver could open (DESIGN §6). */
function absoluteUrl ({ config, log }: WebhookContext, videoUrl: string | null): string | null {
  if (videoUrl === null || config.PUBLIC_URL) return videoUrl
  log.warn({}, 'a webhook has no videoUrl, because PUBLIC_URL is not set')
  return null
}

function readerOf ({ config, encryptionKey }: WebhookContext): Reader {
  const key = contentUrlKey(encryptionKey)
  return { locale: config.DEFAULT_LOCALE, contentUrl: videoId => signContentUrl({ key, videoId, now: new Date(), publicUrl: config.PUBLIC_URL }) }
}

/** A frame shows nothing of what polling or the lineage adds to the row. */
function asView (task: Task): TaskView {
  return { ...task, polls: null, progress_source: null, queue_position: null, estimated_completion_at: null, live_progress: null, live_stage: null, remix_count: '0', place_in_line: null }
}

async function findEvent (db: Db, id: string): Promise<LoggedEvent | undefined> {
  const event = await db.selectFrom('task_events').selectAll().where('id', '=', id).executeTakeFirst()
  return event && { ...event, settled: true }
}
