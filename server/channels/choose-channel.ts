import type { Channel, Db } from '../database/tables.ts'
import { ReelayError, type FieldError } from '../errors.ts'
import { adapterCapabilities } from '../upstreams/adapters.ts'
import type { Capabilities } from '../upstreams/upstream.ts'
import { missingCapabilities, offersModel, type Wish } from './capability-checks.ts'
import { SANDBOX_CHANNEL, findChannel, listUsableChannels, type UsableChannel } from './channel-repository.ts'

export interface Choice {
  channel: UsableChannel
  model: string
  credentialId: string | null
}

/** The channel and model for a new task: the first, in order of preference, that can do all that is asked. Throws what to tell the client. */
export async function chooseChannel (db: Db, wish: Wish, sandboxServes: boolean): Promise<Choice> {
  const channels = await candidates(db, wish.channelId, sandboxServes)
  const offers = channels.map(channel => ({ channel, capabilities: capabilitiesOf(channel) }))
  const withModel = offers.filter(({ capabilities }) => !wish.model || offersModel(capabilities, wish.model))
  if (withModel.length === 0) throw unknownModel(wish.model!, offers.map(offer => offer.capabilities))

  const refusals: FieldError[][] = []
  for (const { channel, capabilities } of withModel) {
    const model = wish.model ?? Object.keys(capabilities.models)[0]
    if (!model) continue
    const problems = missingCapabilities(capabilities, model, wish)
    if (problems.length === 0) return { channel, model, credentialId: channel.current_credential_id }
    refusals.push(problems)
  }
  throw capabilityMissing(refusals[0] ?? [{ field: 'model', message: 'is required: this channel takes any model and has no default' }])
}

/** Checks a request against the one channel it is bound to, as a remix is to its source's. */
export function checkChannel (channel: Channel, model: string, wish: Wish): void {
  const capabilities = capabilitiesOf(channel)
  if (!offersModel(capabilities, model)) throw unknownModel(model, [capabilities])
  const problems = missingCapabilities(capabilities, model, wish)
  if (problems.length > 0) throw capabilityMissing(problems)
}

/** The models a client can name now, each with the first channel that would be asked for it. */
export async function listOfferedModels (db: Db, sandboxServes: boolean): Promise<Array<Pick<Choice, 'channel' | 'model'>>> {
  const channels = await candidates(db, undefined, sandboxServes)
  const offers = channels.flatMap(channel => Object.keys(capabilitiesOf(channel).models).map(model => ({ model, channel })))
  return [...new Map(offers.toReversed().map(offer => [offer.model, offer])).values()].toReversed()
}

export function capabilitiesOf (channel: Pick<Channel, 'type' | 'models' | 'settings'>): Capabilities {
  return adapterCapabilities(channel.type, channel.models, channel.settings)
}

async function candidates (db: Db, channelId: string | undefined, sandboxServes: boolean): Promise<UsableChannel[]> {
  const real = await listUsableChannels(db)
  if (channelId) return [await chosenByClient(db, real, channelId, sandboxServes)]
  if (real.length > 0) return real
  const sandbox = sandboxServes ? await findSandbox(db) : undefined
  if (!sandbox) throw new ReelayError('CHANNEL_UNAVAILABLE', { params: { reason: 'none is configured' }, retryAfterSeconds: 60 })
  return [sandbox]
}

async function chosenByClient (db: Db, real: UsableChannel[], channelId: string, sandboxServes: boolean): Promise<UsableChannel> {
  const channel = channelId === SANDBOX_CHANNEL && sandboxServes
    ? await findSandbox(db)
    : real.find(({ id }) => id === channelId)
  if (!channel) throw new ReelayError('CHANNEL_NOT_FOUND', { params: { id: channelId }, details: [{ field: 'channelId', message: 'is not a channel that takes new tasks' }] })
  return channel
}

async function findSandbox (db: Db): Promise<UsableChannel | undefined> {
  const channel = await findChannel(db, SANDBOX_CHANNEL)
  return channel && { ...channel, current_credential_id: null }
}

function unknownModel (model: string, capabilities: Capabilities[]): ReelayError {
  const models = [...new Set(capabilities.flatMap(({ models }) => Object.keys(models)))].join(', ')
  return new ReelayError('MODEL_UNKNOWN', { params: { model, models }, details: [{ field: 'model', message: `must be one of ${models}` }] })
}

function capabilityMissing (problems: FieldError[]): ReelayError {
  return new ReelayError('CAPABILITY_MISSING', { params: { reason: { fields: problems } }, details: problems })
}
