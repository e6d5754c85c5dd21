import type { FieldError } from '../errors.ts'
import type { Capabilities, Derivation, ModelCapabilities, Taken } from '../upstreams/upstream.ts'

/** What a request asks of a channel, whichever wire it came by. */
export interface Wish {
  operation: 'create' | Derivation
  model?: string
  channelId?: string
  size?: string
  aspectRatio?: string
  duration?: number
  image: boolean
  firstFrame?: boolean
  lastFrame?: boolean
  /** How many. */
  referenceImages?: number
  characters: boolean
  seed: boolean
  negativePrompt: boolean
  watermark?: boolean
  strength?: boolean
  style?: string
  cameraMotion?: string
  fps?: number
  audio?: boolean
}

export function offersModel ({ models, anyModel }: Capabilities, model: string): boolean {
  return anyModel || Object.hasOwn(models, model)
}

/** What of a wish a channel's model cannot do, field by field. Every way to a submission passes here before anything is paid for. */
export function missingCapabilities (capabilities: Capabilities, model: string, wish: Wish): FieldError[] {
  const { models, otherModel, derived } = capabilities
  const known = Object.hasOwn(models, model) ? models[model]! : otherModel
  return firstOfEach([
    ...missingOperation(capabilities, wish),
    ...missingOperationOfModel(known, wish),
    ...missingShape(known, wish),
    ...missingExtras(known, wish),
    // A remix carries less than a new video, where its protocol says less.
    ...wish.operation === 'create' ? [] : missingExtras(derived, wish)
  ])
}

function firstOfEach (problems: FieldError[]): FieldError[] {
  return problems.filter(({ field }, at) => problems.findIndex(problem => problem.field === field) === at)
}

function missingOperation (capabilities: Capabilities, { operation, characters }: Wish): FieldError[] {
  return [
    ...unless(operation !== 'remix' || capabilities.remix, 'videoId', 'cannot be remixed on its channel'),
    ...unless(operation !== 'edit' || capabilities.edit, 'video', 'cannot be edited by its channel'),
    ...unless(operation !== 'extend' || capabilities.extend, 'video', 'cannot be extended by its channel'),
    ...unless(!characters || operation === 'create', 'characters', 'are taken for a new video only'),
    ...unless(!characters || operation !== 'create' || capabilities.characters, 'characters', 'are not taken by its channel')
  ]
}

/** A channel's models need not all have the ways that it has. */
function missingOperationOfModel ({ needs, derivations }: ModelCapabilities, { operation, image, firstFrame }: Wish): FieldError[] {
  if (operation !== 'create') return unless(derivations === undefined || derivations.includes(operation), 'model', `cannot ${operation} a video`)
  return [
    ...unless(needs !== 'image' || image || firstFrame === true, 'inputReference', 'is required by this model'),
    ...unless(needs !== 'video', 'model', 'only makes videos from others')
  ]
}

function missingShape ({ sizes, aspectRatios, seconds }: ModelCapabilities, { size, aspectRatio, duration }: Wish): FieldError[] {
  return [
    ...unless(within(sizes ?? true, size), 'size', oneOf(sizes)),
    ...unless(within(aspectRatios ?? true, aspectRatio), 'aspectRatio', oneOf(aspectRatios)),
    ...unless(within(seconds ?? true, duration), 'duration', `must be one of ${seconds?.join(', ')} seconds`)
  ]
}

function missingExtras (taken: ModelCapabilities, wish: Wish): FieldError[] {
  return [...missingImages(taken, wish), ...missingOptions(taken, wish)]
}

function missingImages (taken: ModelCapabilities, { image, firstFrame, lastFrame, referenceImages = 0 }: Wish): FieldError[] {
  const { referenceImages: most = 0 } = taken
  const framed = image || firstFrame || lastFrame
  return [
    ...unless(!image || taken.imageInput, 'inputReference', NOT_TAKEN),
    ...unless(!firstFrame || taken.firstFrame === true, 'firstFrame', NOT_TAKEN),
    ...unless(!lastFrame || taken.lastFrame === true, 'lastFrame', NOT_TAKEN),
    ...unless(referenceImages <= most, 'referenceImages', most === 0 ? NOT_TAKEN : `must be at most ${most}`),
    ...unless(!image || !firstFrame, 'firstFrame', 'and inputReference say the same; give one of them'),
    ...unless(!framed || referenceImages === 0 || taken.mixesImages === true, 'referenceImages', 'are not taken beside what the video begins or ends with')
  ]
}

function missingOptions (taken: ModelCapabilities, wish: Wish): FieldError[] {
  const switches = (['seed', 'negativePrompt', 'watermark', 'strength', 'audio'] as const)
    .flatMap(field => unless(!wish[field] || taken[field] === true, field, NOT_TAKEN))
  const choices = (['style', 'cameraMotion', 'fps'] as const)
    .flatMap(field => unless(within(taken[field] ?? false, wish[field]), field, allowed(taken[field])))
  return [...switches, ...choices]
}

const NOT_TAKEN = 'is not taken by this model'

function allowed (taken: Taken<string | number> | undefined): string {
  return oneOf(Array.isArray(taken) ? taken : [])
}

function oneOf (values: readonly (string | number)[] = []): string {
  return values.length > 0 ? `must be one of ${values.join(', ')}` : NOT_TAKEN
}

function unless (ok: boolean, field: string, message: string): FieldError[] {
  return ok ? [] : [{ field, message }]
}

function within (taken: Taken<string | number>, value: string | number | undefined): boolean {
  return value === undefined || taken === true || (Array.isArray(taken) && taken.includes(value))
}
