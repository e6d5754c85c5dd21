import { capabilitiesOf, checkChannel, chooseChannel } from '../channels/choose-channel.ts'
import { findChannel } from '../channels/channel-repository.ts'
import type { ServerContext } from '../context.ts'
import type { Channel } from '../database/tables.ts'
import { ReelayError, invalidField } from '../errors.ts'
import type { Derivation } from '../upstreams/upstream.ts'
import { acceptTask, identify, repeatedReceipt, type Requester, type TaskPlan } from './accept-task.ts'
import type { Receipt } from './receipts.ts'
import type { Submissions } from './submissions.ts'
import { checkTaskInput, type TaskInput } from './task-input.ts'
import { findOwnTaskOrThrow, type TaskView } from './task-repository.ts'
import { wishOf } from './task-wish.ts'

/** Makes a new video from a finished one, on the channel and credential that made the source. `input.duration` of an extension is what it adds. */
export async function deriveTask (context: ServerContext, submissions: Submissions, requester: Requester, operation: Derivation, sourceId: string, input: TaskInput): Promise<Receipt> {
  checkTaskInput(input)
  const request = identify(requester, `${operation}:${sourceId}`, input)
  const repeated = await repeatedReceipt(context, request)
  if (repeated) return repeated

  return await acceptTask(context, submissions, request, await planDerivedTask(context, requester.userId, operation, sourceId, input))
}

/** What is to be made of the user's video, and where. Throws what the client did wrong. */
export async function planDerivedTask ({ db }: ServerContext, userId: string, operation: Derivation, sourceId: string, input: TaskInput): Promise<TaskPlan> {
  const source = await findOwnTaskOrThrow(db, userId, sourceId)
  return planDerivation(source, await findChannel(db, source.channel_id), operation, input)
}

/** What is made of a source on its channel. Throws what speaks against it. */
export function planDerivation (source: TaskView, sourceChannel: Channel | undefined, operation: Derivation, input: TaskInput): TaskPlan {
  const channel = fitChannel(source, sourceChannel, operation)
  if (input.channelId !== undefined && input.channelId !== channel.id) throw invalidField('channelId', `must be the source's channel: ${operation === 'remix' ? 'a remix is' : 'it is'} made where its source was`)
  const model = input.model ?? source.model
  // The client's own wishes are checked; what is inherited was accepted by this channel before.
  checkChannel(channel, model, wishOf(operation, input))
  return {
    kind: 'remixed',
    channel,
    model,
    credentialId: source.credential_id,
    why: { channelId: channel.id, reason: 'source' },
    extendBy: operation === 'extend' ? input.duration : undefined,
    input: operation === 'extend' ? extended(input, source) : inherit(input, source),
    metadata: { ...input.metadata, type: operation, remix_from: source.id, remix_from_external: source.external_task_id }
  }
}

/** Edits or extends a video that the client uploaded (`input.video`), on a channel that can. It has no parent here. */
export async function deriveFromUpload (context: ServerContext, submissions: Submissions, requester: Requester, operation: 'edit' | 'extend', input: TaskInput): Promise<Receipt> {
  checkTaskInput(input)
  const request = identify(requester, operation, input)
  const repeated = await repeatedReceipt(context, request)
  if (repeated) return repeated

  const choice = await chooseChannel(context.db, wishOf(operation, input), context.upstreams)
  return await acceptTask(context, submissions, request, { ...choice, kind: 'remixed', input, metadata: { ...input.metadata, type: operation } })
}

/** The source's channel. Throws what makes the source or its channel unfit. */
function fitChannel (source: TaskView, channel: Channel | undefined, operation: Derivation): Channel {
  if (source.status !== 'COMPLETED') throw new ReelayError('SOURCE_NOT_COMPLETED', { params: { status: source.status } })
  if (source.external_task_id === null) throw notRemixable('it has no id at the provider')
  if (!channel || channel.deleted_at || channel.disabled_at) throw notRemixable('its channel takes no new tasks')
  if (!capabilitiesOf(channel)[operation]) throw notRemixable(`its provider cannot ${operation}`)
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
    duration: input.duration ?? secondsOf(source)
  }
}

/** As long as both together. */
function extended (input: TaskInput, source: TaskView): TaskInput {
  const before = secondsOf(source)
  return { ...inherit(input, source), duration: before === undefined ? undefined : before + (input.duration ?? 0) }
}

function secondsOf ({ duration }: TaskView): number | undefined {
  return duration === null ? undefined : Number(duration)
}
