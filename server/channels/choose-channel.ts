import type { Channel, Db } from '../database/tables.ts'
import { ReelayError, type FieldError } from '../errors.ts'
import { adapterCapabilities } from '../upstreams/adapters.ts'
import type { Capabilities } from '../upstreams/upstream.ts'
import { missingCapabilities, offersModel, type Wish } from './capability-checks.ts'
import { SANDBOX_CHANNEL, findChannel } from './channel-repository.ts'
import { preferChannel, type ChoiceReason } from './rank-channels.ts'
import { holdupOf, listConfiguredChannels, type Pauses, type UsableChannel } from './standing.ts'

export interface Choice {
  channel: UsableChannel
  model: string
  credentialId: string | null
  /** For the timeline. */
  why: ChoiceReason
}

/** What choosing needs to know of this process. */
export type Process = Pauses & { readonly sandboxServes: boolean }

/** A channel and what it can do. */
interface Offer { channel: UsableChannel, capabilities: Capabilities }

/** The channels as they stand now, to choose from: once, or for many tasks. */
export interface Offers {
  configured: Offer[]
  sandbox: Offer | undefined
  pauses: Pauses
}

export async function loadOffers (db: Db, process: Process): Promise<Offers> {
  const configured = await listConfiguredChannels(db)
  const sandbox = process.sandboxServes ? await findSandbox(db) : undefined
  return { configured: configured.map(offerOf), sandbox: sandbox && offerOf(sandbox), pauses: process }
}

/** The channel and model for a new task. Throws what to tell the client. */
export async function chooseChannel (db: Db, wish: Wish, process: Process): Promise<Choice> {
  return chooseFrom(await loadOffers(db, process), wish)
}

/** The same for one of many tasks: those that were chosen before it count. */
export function chooseFrom (offers: Offers, wish: Wish): Choice {
  const able = findAble(candidates(offers, wish.channelId), wish)
  const { offer: { channel, model }, why } = preferChannel(able, offers.pauses)
  if (channel.in_hand !== null) channel.in_hand++
  return { channel, model, credentialId: channel.current_credential_id, why: wish.channelId === undefined ? why : { ...why, reason: 'asked' } }
}

/** Another channel for a task that one did not take; undefined when there is none. `readyOnly`: one that can take it at once. */
export function chooseAnother (offers: Offers, wish: Wish, isCandidate: (channelId: string) => boolean, readyOnly: boolean): Choice | undefined {
  const others = offers.configured.filter(({ channel }) => isCandidate(channel.id) && (!readyOnly || holdupOf(channel, offers.pauses) === undefined))
  if (others.length === 0) return undefined
  try {
    return chooseFrom({ ...offers, configured: others, sandbox: undefined }, wish)
  } catch (error) {
    if (error instanceof ReelayError) return undefined
    throw error
  }
}

type Able = Offer & { model: string }

/** Those that can do all that is asked. Throws why none can. */
function findAble (offers: Offer[], wish: Wish): [Able, ...Able[]] {
  const withModel = offers.filter(({ capabilities }) => !wish.model || offersModel(capabilities, wish.model))
  if (withModel.length === 0) throw unknownModel(wish.model!, offers.map(offer => offer.capabilities))
  const tried = withModel.flatMap(offer => {
    const model = wish.model ?? Object.keys(offer.capabilities.models)[0]
    return model ? [{ ...offer, model, problems: missingCapabilities(offer.capabilities, model, wish) }] : []
  })
  const [first, ...others] = tried.filter(({ problems }) => problems.length === 0)
  if (!first) throw capabilityMissing(tried[0]?.problems ?? [{ field: 'model', message: 'is required: this channel takes any model and has no default' }])
  return [first, ...others]
}

/** Checks a request against the one channel it is bound to, as a remix is to its source's. */
export function checkChannel (channel: Channel, model: string, wish: Wish): void {
  const capabilities = capabilitiesOf(channel)
  if (!offersModel(capabilities, model)) throw unknownModel(model, [capabilities])
  const problems = missingCapabilities(capabilities, model, wish)
  if (problems.length > 0) throw capabilityMissing(problems)
}

/** The models a client can name now, each with the first channel that would be asked for it; none is no error. */
export async function listOfferedModels (db: Db, process: Process): Promise<Array<{ channel: Channel, model: string }>> {
  const channels = await listOfferingChannels(db, process)
  const offers = channels.flatMap(channel => Object.keys(capabilitiesOf(channel).models).map(model => ({ model, channel })))
  return [...new Map(offers.toReversed().map(offer => [offer.model, offer])).values()].toReversed()
}

export function capabilitiesOf (channel: Pick<Channel, 'type' | 'models' | 'settings'>): Capabilities {
  return adapterCapabilities(channel.type, channel.models, channel.settings)
}

/** The channels that take new tasks now, the preferred first; none is no error. */
export async function listOfferingChannels (db: Db, process: Process): Promise<Channel[]> {
  const { configured, sandbox } = await loadOffers(db, process)
  const offers = configured.length === 0 && sandbox ? [sandbox] : configured
  return offers.map(({ channel }) => channel).filter(channel => channel.disabled_at === null)
}

function offerOf (channel: UsableChannel): Offer {
  return { channel, capabilities: capabilitiesOf(channel) }
}

function candidates ({ configured, sandbox }: Offers, channelId: string | undefined): Offer[] {
  const real = configured.filter(({ channel }) => channel.disabled_at === null)
  if (channelId) return [chosenByClient(real, sandbox, channelId)]
  if (real.length > 0) return real
  if (configured.length > 0) throw noChannel('all are disabled')
  if (!sandbox) throw noChannel('none is configured')
  return [sandbox]
}

function chosenByClient (real: Offer[], sandbox: Offer | undefined, channelId: string): Offer {
  const offer = channelId === SANDBOX_CHANNEL ? sandbox : real.find(({ channel }) => channel.id === channelId)
  if (!offer) throw new ReelayError('CHANNEL_NOT_FOUND', { params: { id: channelId }, details: [{ field: 'channelId', message: 'is not a channel that takes new tasks' }] })
  return offer
}

function noChannel (reason: string): ReelayError {
  return new ReelayError('CHANNEL_UNAVAILABLE', { params: { reason }, retryAfterSeconds: 60 })
}

async function findSandbox (db: Db): Promise<UsableChannel | undefined> {
  const channel = await findChannel(db, SANDBOX_CHANNEL)
  return channel && { ...channel, current_credential_id: null, in_hand: null, paused_ms: 0, refused: false }
}

function unknownModel (model: string, capabilities: Capabilities[]): ReelayError {
  const models = [...new Set(capabilities.flatMap(({ models }) => Object.keys(models)))].join(', ')
  return new ReelayError('MODEL_UNKNOWN', { params: { model, models }, details: [{ field: 'model', message: `must be one of ${models}` }] })
}

function capabilityMissing (problems: FieldError[]): ReelayError {
  return new ReelayError('CAPABILITY_MISSING', { params: { reason: { fields: problems } }, details: problems })
}
