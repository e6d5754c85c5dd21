import type { RunTimeProfiles } from '../cadence/run-time-profiles.ts'
import type { Channel, Db } from '../database/tables.ts'
import type { Capabilities, Derivation, ModelCapabilities, Taken } from '../upstreams/upstream.ts'
import type { Price } from './channel-settings.ts'
import { capabilitiesOf, listOfferingChannels, type Process } from './choose-channel.ts'

export type Parameters = Record<(typeof SWITCHES)[number], boolean> & { style: Taken<string>, cameraMotion: Taken<string>, fps: Taken<number> }

const SWITCHES = ['seed', 'negativePrompt', 'watermark', 'strength', 'audio'] as const

/** What a model can do, by one channel or by all of them. `null` lists are not known: the provider decides. */
export interface Abilities {
  sizes: readonly string[] | null
  aspectRatios: readonly string[] | null
  seconds: readonly number[] | null
  inputs: { image: boolean, firstFrame: boolean, lastFrame: boolean, referenceImages: number, referencesWithFrames: boolean }
  /** What it makes no new video without. */
  needs: 'image' | 'video' | null
  parameters: Parameters
  /** What a remix, an edit or an extension takes beside prompt and shape. */
  derived: { image: boolean, parameters: Parameters }
  remix: boolean
  edit: boolean
  extend: boolean
  characters: boolean
  cancel: boolean
  progress: boolean
}

/** One channel's way to make videos of a model. */
export interface ChannelOffer extends Abilities {
  channelId: string
  channelName: string
  estimatedSeconds: number | null
  price: Price | null
}

export interface OfferedModel extends Abilities {
  name: string
  estimatedSeconds: number | null
  channels: ChannelOffer[]
}

/** What clients can ask for now: the models by name, and the channels that take any other name. */
export interface Offer { models: OfferedModel[], otherModels: ChannelOffer[] }

/** The channels that take new tasks, the preferred first. */
export async function listOffer (db: Db, runTimes: RunTimeProfiles, process: Process): Promise<Offer> {
  const channels = await listOfferingChannels(db, process)
  const estimates = await runTimes.medians(channels.map(({ id }) => id))
  const offers = channels.flatMap(channel => {
    const capabilities = capabilitiesOf(channel)
    return Object.entries(capabilities.models).map(([name, model]) => ({ name, offer: offerOf(channel, capabilities, name, model, estimates(channel.id, name)) }))
  })
  const models = [...Map.groupBy(offers, ({ name }) => name)].map(([name, alike]) => merge(name, alike.map(({ offer }) => offer)))
  return { models, otherModels: channels.flatMap(otherModels) }
}

function otherModels (channel: Channel): ChannelOffer[] {
  const capabilities = capabilitiesOf(channel)
  return capabilities.anyModel ? [offerOf(channel, capabilities, '*', capabilities.otherModel, null)] : []
}

function offerOf ({ id, name: channelName, settings }: Channel, capabilities: Capabilities, name: string, model: ModelCapabilities, estimatedSeconds: number | null): ChannelOffer {
  const { prices = {} } = settings as { prices?: Record<string, Price> }
  // A name of the channel's own costs what it stands for, unless it has a price of its own.
  const priced = [name, model.upstreamModel ?? name].find(known => Object.hasOwn(prices, known))
  return { channelId: id, channelName, ...abilitiesOf(capabilities, model), estimatedSeconds, price: priced === undefined ? null : prices[priced]! }
}

function abilitiesOf ({ derived, remix, edit, extend, characters, cancel, progress }: Capabilities, model: ModelCapabilities): Abilities {
  const { sizes = null, aspectRatios = null, seconds = null, imageInput, firstFrame = false, lastFrame = false, referenceImages = 0, mixesImages = false, needs = null } = model
  const has = (way: Derivation) => model.derivations?.includes(way) ?? true
  return {
    sizes,
    aspectRatios,
    seconds,
    inputs: { image: imageInput, firstFrame, lastFrame, referenceImages, referencesWithFrames: mixesImages },
    needs,
    parameters: parametersOf(model),
    derived: { image: imageInput && derived.imageInput, parameters: both(parametersOf(model), parametersOf(derived)) },
    remix: remix && has('remix'),
    edit: edit && has('edit'),
    extend: extend && has('extend'),
    characters,
    cancel,
    progress
  }
}

function parametersOf (taken: ModelCapabilities): Parameters {
  const { seed = false, negativePrompt = false, watermark = false, strength = false, audio = false, style = false, cameraMotion = false, fps = false } = taken
  return { seed, negativePrompt, watermark, strength, audio, style, cameraMotion, fps }
}

/** What the model takes, and its channel's protocol beside a source. */
function both (a: Parameters, b: Parameters): Parameters {
  return {
    ...Object.fromEntries(SWITCHES.map(name => [name, a[name] && b[name]])) as Pick<Parameters, typeof SWITCHES[number]>,
    style: common(a.style, b.style),
    cameraMotion: common(a.cameraMotion, b.cameraMotion),
    fps: common(a.fps, b.fps)
  }
}

function common<T> (a: Taken<T>, b: Taken<T>): Taken<T> {
  if (a === false || b === false) return false
  if (a === true) return b
  return b === true ? a : a.filter(value => b.includes(value))
}

/** What one channel or another can do. A request is made by one of them, so `channels` says which can do what. */
function merge (name: string, channels: ChannelOffer[]): OfferedModel {
  const [first, ...others] = channels.map(({ channelId, channelName, price, estimatedSeconds, ...abilities }): Abilities => abilities)
  const estimatedSeconds = channels.find(channel => channel.estimatedSeconds !== null)?.estimatedSeconds ?? null
  return { name, ...others.reduce(either, first!), estimatedSeconds, channels }
}

function either (a: Abilities, b: Abilities): Abilities {
  return {
    sizes: all(a.sizes, b.sizes),
    aspectRatios: all(a.aspectRatios, b.aspectRatios),
    seconds: all(a.seconds, b.seconds),
    inputs: { ...eitherFlag(a.inputs, b.inputs), referenceImages: Math.max(a.inputs.referenceImages, b.inputs.referenceImages) },
    needs: a.needs === b.needs ? a.needs : null,
    parameters: eitherParameters(a.parameters, b.parameters),
    derived: { image: a.derived.image || b.derived.image, parameters: eitherParameters(a.derived.parameters, b.derived.parameters) },
    ...eitherFlag(
      { remix: a.remix, edit: a.edit, extend: a.extend, characters: a.characters, cancel: a.cancel, progress: a.progress },
      { remix: b.remix, edit: b.edit, extend: b.extend, characters: b.characters, cancel: b.cancel, progress: b.progress })
  }
}

function eitherParameters (a: Parameters, b: Parameters): Parameters {
  return { ...eitherFlag(a, b), style: more(a.style, b.style), cameraMotion: more(a.cameraMotion, b.cameraMotion), fps: more(a.fps, b.fps) }
}

function eitherFlag<T extends object> (a: T, b: T): T {
  return Object.fromEntries(Object.entries(a).map(([name, value]) => [name, value || b[name as keyof T]])) as T
}

/** A list that is not known holds anything. */
function all<T> (a: readonly T[] | null, b: readonly T[] | null): readonly T[] | null {
  return a && b && [...new Set([...a, ...b])]
}

function more<T> (a: Taken<T>, b: Taken<T>): Taken<T> {
  if (a === true || b === true) return true
  if (a === false) return b
  return b === false ? a : [...new Set([...a as readonly T[], ...b as readonly T[]])]
}
