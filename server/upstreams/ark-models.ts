import type { Models } from './models.ts'
import { secondsFrom } from './references.ts'
import { LANDSCAPE_AND_PORTRAIT } from './shapes.ts'
import type { ModelCapabilities } from './upstream.ts'

export const ARK_RATIOS = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']

const SEEDANCE = { sizes: LANDSCAPE_AND_PORTRAIT, aspectRatios: ARK_RATIOS, imageInput: true, firstFrame: true, seed: true, watermark: true } satisfies ModelCapabilities
/** From 2.0 on a model takes images and videos as references, and so changes videos. It has no fixed camera. */
const SEEDANCE_2 = { ...SEEDANCE, lastFrame: true, referenceImages: 9, audio: true, seconds: secondsFrom(4, 15), derivations: ['remix', 'edit'] } satisfies ModelCapabilities
const SEEDANCE_2_FAST = { ...SEEDANCE_2, sizes: ['1280x720', '720x1280'] } satisfies ModelCapabilities
const SEEDANCE_1 = { ...SEEDANCE, lastFrame: true, cameraMotion: ['fixed'], seconds: secondsFrom(2, 12), derivations: [] } satisfies ModelCapabilities
const SEEDANCE_1_5 = { ...SEEDANCE_1, audio: true, seconds: secondsFrom(4, 12) } satisfies ModelCapabilities

/** BytePlus ModelArk's names. */
export const ARK_MODELS: Models = {
  'dreamina-seedance-2-0-260128': SEEDANCE_2,
  'dreamina-seedance-2-0-fast-260128': SEEDANCE_2_FAST,
  'dreamina-seedance-2-5-260628': { ...SEEDANCE_2, seconds: secondsFrom(4, 30) },
  'seedance-1-5-pro-251215': SEEDANCE_1_5,
  'seedance-1-0-pro-250528': SEEDANCE_1,
  'seedance-1-0-pro-fast-251015': { ...SEEDANCE_1, lastFrame: false }
}

/** Volcengine's, for the same models: known where a channel lists them. */
export const VOLCENGINE_MODELS: Models = Object.fromEntries(Object.entries(ARK_MODELS)
  .map(([name, capabilities]) => [`doubao-${name.replace('dreamina-', '')}`, capabilities]))

/** An endpoint (`ep-…`) or a model of another time: what Seedance has a field for. */
export const ANY_ARK_MODEL: ModelCapabilities = { imageInput: true, firstFrame: true, lastFrame: true, referenceImages: 9, mixesImages: true, seed: true, watermark: true, audio: true, cameraMotion: ['fixed'] }
