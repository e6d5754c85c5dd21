import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db, Task, WebhookDelivery, WebhookEndpoint } from '../database/tables.ts'
import type { LoggedEvent } from '../events/event-log.ts'
import { batchFrame, statusFrame } from '../events/frames.ts'
import { contentUrlKey, signContentUrl } from '../media/signed-urls.ts'
import type { Reader } from '../tasks/present-task.ts'
import type { TaskView } from '../tasks/task-repository.ts'
import type { WebhookContext } from './webhook-context.ts'

type Subject = Pick<WebhookDelivery, 'id' | 'event_id' | 'event_type' | 'task_id'>

/** The text to send: written by the first try and kept for all others. Undefined: the event is no longer kept. */
export function keepPayload (context: WebhookContext, format: WebhookEndpoint['format'], delivery: Subject): Promise<string | undefined> {
  return context.db.transaction().execute(async trx => {
    // Held until it is written: a task that is deleted meanwhile takes its words out of the payload, or is met without them.
    const task = await trx.selectFrom('tasks').selectAll().where('id', '=', delivery.task_id).forShare().executeTakeFirst()
    const event = await findEvent(trx, delivery.event_id)
    if (!event || !task) return undefined
    const payload = JSON.stringify(format === 'openai' ? openAiEvent(delivery.event_type, task.id, event.created_at) : nativeEvent(context, delivery.event_type, event, task))
    const row = await trx
      .updateTable('webhook_deliveries')
      .set({ payload: sql`coalesce(payload, ${payload})` })
      .where('id', '=', delivery.id)
      .returning('payload')
      .executeTakeFirst()
    return row?.payload ?? undefined
  })
}

/** As OpenAI sends it: the receiver fetches the video by its id. */
export function openAiEvent (type: string, videoId: string, at: Date) {
  return { id: `evt_${randomUUID().replaceAll('-', '')}`, object: 'event', created_at: Math.floor(at.getTime() / 1000), type, data: { id: videoId } }
}

/** The frame of a stream, under the event's name. */
function nativeEvent (context: WebhookContext, type: string, event: LoggedEvent, task: Task) {
  if (event.kind === 'batch') return { ...batchFrame(event), type }
  const frame = statusFrame(event, asView(task), readerOf(context))
  // Without PUBLIC_URL there is no address a receiver could open (DESIGN §6); of a deleted task there is nothing to open.
  const videoUrl = (url: string | null) => context.config.PUBLIC_URL && task.deleted_at === null ? url : null
  if (!context.config.PUBLIC_URL && task.status === 'COMPLETED') context.warnOfMissingUrl()
  return { ...frame, type, payload: { ...frame.payload, videoUrl: videoUrl(frame.payload.videoUrl) } }
}

function readerOf ({ config, encryptionKey }: WebhookContext): Reader {
  const key = contentUrlKey(encryptionKey)
  return { locale: config.DEFAULT_LOCALE, contentUrl: (videoId, variant) => signContentUrl({ key, videoId, variant, now: new Date(), publicUrl: config.PUBLIC_URL }) }
}

/** A frame shows nothing of what polling or the lineage adds to the row. */
function asView (task: Task): TaskView {
  return { ...task, polls: null, progress_source: null, queue_position: null, estimated_completion_at: null, live_progress: null, live_stage: null, remix_count: '0', place_in_line: null, has_thumbnail: false }
}

async function findEvent (db: Db, id: string): Promise<LoggedEvent | undefined> {
  const event = await db.selectFrom('task_events').selectAll().where('id', '=', id).executeTakeFirst()
  return event && { ...event, settled: true }
}
