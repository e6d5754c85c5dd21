import type { Models } from './models.ts'
import { secondsFrom } from './references.ts'
import { shapeOf } from './shapes.ts'
import type { ModelCapabilities, SubmissionRequest } from './upstream.ts'

/** What Runway calls a size, by what the video is made from. */
interface Ratios { text?: readonly string[], image?: readonly string[] }

export interface RunwayModel extends ModelCapabilities {
  ratios: Ratios
  /** Where it changes videos: the field the video goes into. */
  videoField?: 'videoUri' | 'promptVideo'
  /** Runway asks for both with some models; these are what its own pages begin with. */
  defaults?: { ratio: string, duration?: number }
}

const NAMES = ['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']
const HD = ['1280:720', '720:1280']
const FULL_HD = [...HD, '1920:1080', '1080:1920']
const GEN_4 = [...HD, '1104:832', '832:1104', '960:960', '1584:672']
const SEEDANCE_720 = [...HD, '960:960', '1112:834', '834:1112', '1470:630']
const SEEDANCE_1080 = [...SEEDANCE_720, '1920:1080', '1080:1920', '1440:1440', '1664:1248', '1248:1664', '2206:946']
const WAN = [...HD, '960:960', '1104:832', '832:1104', '1920:1080', '1080:1920', '1440:1440', '1648:1248', '1248:1648']

/** What changes the videos of models that cannot. */
export const EDITOR = 'aleph2'

const BY_ALEPH = { imageInput: true, firstFrame: true, derivations: ['remix', 'edit'] } satisfies Partial<RunwayModel>
const VEO = { ...BY_ALEPH, ...shapes({ text: FULL_HD, image: FULL_HD }), seconds: [4, 6, 8], lastFrame: true, negativePrompt: true, seed: true, audio: true, defaults: { ratio: '1280:720' } } satisfies RunwayModel
const SEEDANCE = { imageInput: true, firstFrame: true, lastFrame: true, referenceImages: 9, seed: true, audio: true, videoField: 'promptVideo', derivations: ['remix', 'edit'] } satisfies Partial<RunwayModel>

/** From the types of @runwayml/sdk 4.20. Its other models spell their shape in their own ways; a channel can list them. */
export const RUNWAY_MODELS: Readonly<Record<string, RunwayModel>> = {
  'gen4.5': { ...BY_ALEPH, ...shapes({ text: HD, image: GEN_4 }), seconds: secondsFrom(2, 10), seed: true, defaults: { ratio: '1280:720', duration: 5 } },
  gen4_turbo: { ...BY_ALEPH, ...shapes({ image: GEN_4 }), needs: 'image', seconds: secondsFrom(2, 10), seed: true, defaults: { ratio: '1280:720' } },
  aleph2: { ...shapes({}), imageInput: false, needs: 'video', seed: true, videoField: 'videoUri', derivations: ['remix', 'edit'] },
  'veo3.1': VEO,
  'veo3.1_fast': VEO,
  seedance2: { ...SEEDANCE, ...shapes({ text: SEEDANCE_1080, image: SEEDANCE_1080 }), seconds: secondsFrom(4, 15) },
  seedance2_fast: { ...SEEDANCE, ...shapes({ text: SEEDANCE_720, image: SEEDANCE_720 }), seconds: secondsFrom(4, 15) },
  seedance2_5: { ...SEEDANCE, ...shapes({ text: SEEDANCE_1080, image: SEEDANCE_1080 }), seconds: secondsFrom(4, 30) },
  wan3: { ...BY_ALEPH, ...shapes({ text: WAN, image: WAN }), referenceImages: 9, audio: true },
  wan3_prime: { ...BY_ALEPH, ...shapes({ text: WAN, image: WAN }), referenceImages: 9, audio: true },
  gemini_omni_flash: { ...BY_ALEPH, ...shapes({ text: HD, image: HD }), seconds: secondsFrom(3, 10), videoField: 'videoUri' }
}

export const RUNWAY_CAPABILITIES: Models = Object.fromEntries(Object.entries(RUNWAY_MODELS)
  .map(([name, { ratios: _ratios, videoField: _videoField, defaults: _defaults, ...capabilities }]) => [name, capabilities]))

export const ANY_RUNWAY_MODEL: ModelCapabilities = { imageInput: true, firstFrame: true, lastFrame: true, referenceImages: 9, seed: true, negativePrompt: true, audio: true, derivations: ['remix', 'edit'] }

export function findRunwayModel (name: string): RunwayModel | undefined {
  return Object.hasOwn(RUNWAY_MODELS, name) ? RUNWAY_MODELS[name] : undefined
}

/** Runway's word for the shape that is asked for. `false`: the model makes none of this shape from that. */
export function ratioOf ({ size, aspectRatio }: SubmissionRequest, ratios: readonly string[] | undefined): string | undefined | false {
  if (size !== undefined) {
    const ratio = size.replace('x', ':')
    return ratios?.includes(ratio) ?? true ? ratio : false
  }
  if (aspectRatio === undefined) return undefined
  return ratios ? ratios.find(ratio => nameOf(ratio) === aspectRatio) ?? false : aspectRatio
}

function shapes (ratios: Ratios) {
  const all = [...new Set([...ratios.text ?? [], ...ratios.image ?? []])]
  return { ratios, sizes: all.map(ratio => ratio.replace(':', 'x')), aspectRatios: [...new Set(all.map(nameOf))] }
}

/** `1112:834` is what clients know as 4:3. */
function nameOf (ratio: string): string {
  return shapeOf({ size: ratio.replace(':', 'x') }, NAMES).aspectRatio!
}
