import { capabilitiesOf, checkChannel } from '../channels/choose-channel.ts'
import { findChannel } from '../channels/channel-repository.ts'
import type { ServerContext } from '../context.ts'
import type { Channel, Db } from '../database/tables.ts'
import { ReelayError, invalidField } from '../errors.ts'
import { acceptTask, identify, repeatedReceipt, type Requester } from './accept-task.ts'
import { wishOf } from './create-task.ts'
import type { Receipt } from './receipts.ts'
import type { Submissions } from './submissions.ts'
import { checkTaskInput, type TaskInput } from './task-input.ts'
import { findOwnTaskOrThrow, type TaskView } from './task-repository.ts'

/** Makes a new video from a finished one, on the channel and credential that made the source. */
export async function remixTask (context: ServerContext, submissions: Submissions, requester: Requester, sourceId: string, input: TaskInput): Promise<Receipt> {
  checkTaskInput(input)
  const request = identify(requester, `remix:${sourceId}`, input)
  const repeated = await repeatedReceipt(context, request)
  if (repeated) return repeated

  const source = await findOwnTaskOrThrow(context.db, requester.userId, sourceId)
  const channel = await remixChannel(context.db, source)
  if (input.channelId !== undefined && input.channelId !== channel.id) throw invalidField('channelId', 'must be the source\'s channel: a remix is made where its source was')
  const model = input.model ?? source.model
  // The client's own wishes are checked; what is inherited was accepted by this channel before.
  checkChannel(channel, model, wishOf('remix', input))
  return await acceptTask(context, submissions, request, {
    kind: 'remixed',
    channel,
    model,
    credentialId: source.credential_id,
    input: inherit(input, source),
    metadata: { ...input.metadata, type: 'remix', remix_from: source.id, remix_from_external: source.external_task_id }
  })
}

/** Throws what makes the source unfit; answers with its channel. */
async function remixChannel (db: Db, source: TaskView): Promise<Channel> {
  if (source.status !== 'COMPLETED') throw new ReelayError('SOURCE_NOT_COMPLETED', { params: { status: source.status } })
  if (source.external_task_id === null) throw notRemixable('it has no id at the provider')
  const channel = await findChannel(db, source.channel_id)
  if (!channel || channel.deleted_at || channel.disabled_at) throw notRemixable('its channel takes no new tasks')
  if (!capabilitiesOf(channel).remix) throw notRemixable('its provider cannot remix')
  return channel
}

function notRemixable (reason: string): ReelayError {
  return new ReelayError('SOURCE_NOT_REMIXABLE', { params: { reason } })
}

/** Size, ratio and duration are the source's unless given; a new ratio does not keep an old size, nor the other way round. */
function inherit (input: TaskInput, source: TaskView): TaskInput {
  const reshaped = input.size !== undefined || input.aspectRatio !== undefined
  return {
    ...input,
    size: reshaped ? input.size : source.size ?? undefined,
    aspectRatio: reshaped ? input.aspectRatio : source.aspect_ratio ?? undefined,
    duration: input.duration ?? (source.duration === null ? undefined : Number(source.duration))
  }
}
