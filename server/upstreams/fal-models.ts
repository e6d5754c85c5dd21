import type { Models } from './models.ts'
import { secondsFrom } from './references.ts'
import { LANDSCAPE_AND_PORTRAIT, shapeOf } from './shapes.ts'
import type { Derivation, ModelCapabilities, SubmissionRequest } from './upstream.ts'

/** At fal every way to use a model is an endpoint of its own. What is not there cannot be done. */
interface Endpoints {
  create: string
  /** From an image. */
  image?: string
  /** From the first and the last image, where that is not the same. */
  frames?: string
  references?: string
  edit?: string
  extend?: string
}

export interface FalModel extends ModelCapabilities {
  endpoints: Endpoints
  /** How it spells eight seconds: `"8s"`, `"8"` or `8`. */
  seconds: readonly number[]
  spelling: 'unit' | 'text' | 'number'
  imageField: 'image_url' | 'start_image_url' | 'first_frame_url'
}

const WIDE = ['16:9', '9:16', '1:1', '4:3', '3:4']
const COMMON = { imageInput: true, firstFrame: true, spelling: 'text', imageField: 'image_url' } satisfies Partial<FalModel>

const VEO = {
  ...COMMON,
  lastFrame: true,
  referenceImages: 3,
  seed: true,
  negativePrompt: true,
  audio: true,
  sizes: LANDSCAPE_AND_PORTRAIT,
  aspectRatios: ['16:9', '9:16'],
  seconds: [4, 6, 8],
  spelling: 'unit',
  derivations: []
} satisfies Partial<FalModel>
const KLING_3 = {
  ...COMMON,
  lastFrame: true,
  negativePrompt: true,
  audio: true,
  sizes: [],
  aspectRatios: ['16:9', '9:16', '1:1'],
  seconds: secondsFrom(3, 15),
  imageField: 'start_image_url',
  derivations: []
} satisfies Partial<FalModel>
const KLING_O3 = {
  ...COMMON,
  lastFrame: true,
  audio: true,
  sizes: [],
  aspectRatios: ['16:9', '9:16', '1:1'],
  seconds: secondsFrom(3, 15),
  derivations: ['remix', 'edit']
} satisfies Partial<FalModel>

function family (id: string, paths: Partial<Endpoints> = {}): { endpoints: Endpoints } {
  const endpoints = { create: 'text-to-video', image: 'image-to-video', ...paths }
  return { endpoints: Object.fromEntries(Object.entries(endpoints).map(([way, path]) => [way, path === '' ? id : `${id}/${path}`])) as never }
}

const veo = (id: string) => ({ ...VEO, ...family(id, { create: '', frames: 'first-last-frame-to-video', references: 'reference-to-video' }) })
const klingO3 = (id: string) => ({ ...KLING_O3, ...family(id, { edit: 'video-to-video/edit' }) })

/** The families a client can name, from the endpoints and inputs of @fal-ai/client 1.10. Any other endpoint can be listed by its whole id. */
export const FAL_MODELS: Readonly<Record<string, FalModel>> = {
  'fal-ai/veo3.1': veo('fal-ai/veo3.1'),
  'fal-ai/veo3.1/fast': { ...veo('fal-ai/veo3.1/fast'), referenceImages: 0 },
  'fal-ai/kling-video/o3/pro': klingO3('fal-ai/kling-video/o3/pro'),
  'fal-ai/kling-video/o3/standard': klingO3('fal-ai/kling-video/o3/standard'),
  'fal-ai/kling-video/v3/pro': { ...KLING_3, ...family('fal-ai/kling-video/v3/pro') },
  'fal-ai/kling-video/v3/standard': { ...KLING_3, ...family('fal-ai/kling-video/v3/standard') },
  'fal-ai/bytedance/seedance/v1.5/pro': {
    ...COMMON,
    ...family('fal-ai/bytedance/seedance/v1.5/pro'),
    lastFrame: true,
    seed: true,
    audio: true,
    sizes: LANDSCAPE_AND_PORTRAIT,
    aspectRatios: [...WIDE, '21:9'],
    seconds: secondsFrom(4, 12),
    derivations: []
  },
  'fal-ai/wan/v2.7': {
    ...COMMON,
    ...family('fal-ai/wan/v2.7', { edit: 'edit-video' }),
    lastFrame: true,
    seed: true,
    negativePrompt: true,
    sizes: LANDSCAPE_AND_PORTRAIT,
    aspectRatios: WIDE,
    seconds: secondsFrom(2, 15),
    derivations: ['remix', 'edit']
  },
  'fal-ai/ltx-2.3': {
    ...COMMON,
    ...family('fal-ai/ltx-2.3', { extend: 'extend-video' }),
    lastFrame: true,
    audio: true,
    fps: [24, 25, 48, 50],
    sizes: ['1920x1080', '1080x1920', '2560x1440', '1440x2560'],
    aspectRatios: ['16:9', '9:16'],
    seconds: [6, 8, 10],
    derivations: ['extend']
  },
  'fal-ai/minimax/hailuo-2.3/standard': { ...COMMON, ...family('fal-ai/minimax/hailuo-2.3/standard'), sizes: [], aspectRatios: [], seconds: [6, 10], derivations: [] },
  'xai/grok-imagine-video': {
    ...COMMON,
    ...family('xai/grok-imagine-video', { edit: 'edit-video', extend: 'extend-video' }),
    sizes: ['1280x720', '720x1280'],
    aspectRatios: [...WIDE, '3:2', '2:3'],
    seconds: secondsFrom(1, 15),
    spelling: 'number',
    derivations: ['remix', 'edit', 'extend']
  }
}

export const FAL_CAPABILITIES: Models = Object.fromEntries(Object.entries(FAL_MODELS)
  .map(([name, { endpoints: _endpoints, spelling: _spelling, imageField: _imageField, ...capabilities }]) => [name, capabilities]))

/** For an endpoint listed by its whole id: the names nearly all of fal's inputs have. */
export const ANY_ENDPOINT: ModelCapabilities = { imageInput: true, firstFrame: true, lastFrame: true, referenceImages: 9, mixesImages: true, seed: true, negativePrompt: true, audio: true, fps: true, derivations: [] }

/** Which of its endpoints makes this. */
export function falEndpoint (name: string, { image, imageUrl, firstFrame, lastFrame, referenceImages }: SubmissionRequest, derivation?: Derivation): string | undefined {
  const endpoints = Object.hasOwn(FAL_MODELS, name) ? FAL_MODELS[name]!.endpoints : undefined
  if (!endpoints) return derivation ? undefined : name
  if (derivation) return derivation === 'extend' ? endpoints.extend : endpoints.edit
  if (referenceImages?.length) return endpoints.references
  if (lastFrame) return endpoints.frames ?? endpoints.image
  return image ?? imageUrl ?? firstFrame ? endpoints.image : endpoints.create
}

/** The fields of the model's shape. An edit has that of its source. */
export function falShape (name: string, { size, aspectRatio, duration }: SubmissionRequest, derivation?: Derivation): Record<string, unknown> {
  const model = Object.hasOwn(FAL_MODELS, name) ? FAL_MODELS[name] : undefined
  const seconds = duration === undefined ? undefined : spelt(duration, model?.spelling)
  if (derivation) return derivation === 'extend' ? { duration: name.includes('ltx') ? duration : seconds } : {}
  const { aspectRatio: ratio, resolution } = shapeOf({ size, aspectRatio }, model?.aspectRatios ?? WIDE)
  return { aspect_ratio: ratio, duration: seconds, ...(resolution !== undefined && { resolution }) }
}

function spelt (seconds: number, spelling: FalModel['spelling'] = 'text'): string | number {
  switch (spelling) {
    case 'unit': return `${seconds}s`
    case 'text': return String(seconds)
    case 'number': return seconds
  }
}
