import type { Models } from './models.ts'
import type { ModelCapabilities } from './upstream.ts'

/** How one server family deviates from OpenAI's own API, as `settings.dialect` of a channel names it. */
export interface Dialect {
  remix: boolean
  edit: boolean
  extend: boolean
  characters: boolean
  cancel: boolean
  /** Whether its list can be relied on to show what an unknown submission made. */
  list: boolean
  /** Whether it posts OpenAI's events. */
  webhook: boolean
  /** What a model that is not OpenAI's is taken to be able to do: what the server has a form field for. */
  otherModel: ModelCapabilities
  authorize (apiKey: string): Record<string, string>
}

const bearer = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` })
/** The fields that servers of open models agree on; OpenAI's own API has none of them. */
const COMMON_FIELDS = { imageInput: true, seed: true, negativePrompt: true, watermark: true, fps: true } satisfies ModelCapabilities
const OPENAI: Dialect = { remix: true, edit: true, extend: true, characters: true, cancel: false, list: true, webhook: true, otherModel: COMMON_FIELDS, authorize: bearer }

/** What is documented for the others: no edits, no extensions, no characters, no events. */
const PLAIN = { ...OPENAI, edit: false, extend: false, characters: false, webhook: false }

const DIALECTS: Readonly<Record<string, Dialect>> = {
  openai: OPENAI,
  azure: { ...PLAIN, otherModel: { imageInput: true }, authorize: apiKey => ({ 'api-key': apiKey }) },
  litellm: PLAIN,
  sglang: { ...PLAIN, remix: false, otherModel: { imageInput: true, seed: true, fps: true } },
  'vllm-omni': { ...PLAIN, remix: false, otherModel: { imageInput: true, seed: true, negativePrompt: true, fps: true } },
  'new-api': { ...PLAIN, list: false },
  // What every server of this kind has, and nothing else is counted on.
  generic: { ...PLAIN, remix: false, list: false },
  inworld: { ...PLAIN, cancel: true, list: false, authorize: apiKey => ({ authorization: `Basic ${apiKey}` }) }
}

export const DIALECT_NAMES = Object.keys(DIALECTS)

/** OpenAI's own where the channel names none, or one that is not known. `settings.cancel` turns cancelling on or off. */
export function dialectOf (settings: Readonly<Record<string, unknown>>): Dialect {
  const name = String(settings.dialect ?? 'openai')
  const dialect = Object.hasOwn(DIALECTS, name) ? DIALECTS[name]! : OPENAI
  return typeof settings.cancel === 'boolean' ? { ...dialect, cancel: settings.cancel } : dialect
}

const SECONDS = [4, 8, 12, 16, 20]
const SIZES = ['720x1280', '1280x720', '1024x1792', '1792x1024']
const ASPECT_RATIOS = ['9:16', '16:9']

const SORA_2 = { sizes: SIZES, aspectRatios: ASPECT_RATIOS, seconds: SECONDS, imageInput: true } satisfies ModelCapabilities
const SORA_2_PRO = { ...SORA_2, sizes: [...SIZES, '1080x1920', '1920x1080'] } satisfies ModelCapabilities

/** From OpenAI's API reference and guide of 2026-03, the last before its service ended. */
export const OPENAI_MODELS: Models = {
  'sora-2': SORA_2,
  'sora-2-pro': SORA_2_PRO,
  'sora-2-2025-10-06': SORA_2,
  'sora-2-2025-12-08': SORA_2,
  'sora-2-pro-2025-10-06': SORA_2_PRO
}
