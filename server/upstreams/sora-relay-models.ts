import type { Models } from './models.ts'
import type { ModelCapabilities } from './upstream.ts'

/** All that the relay has a field for. */
export const ANY_MODEL = { imageInput: true, watermark: true } satisfies ModelCapabilities
const LANDSCAPE = { ...ANY_MODEL, aspectRatios: ['16:9'], sizes: ['1280x720'] } satisfies ModelCapabilities
const PORTRAIT = { ...ANY_MODEL, aspectRatios: ['9:16'], sizes: ['720x1280'] } satisfies ModelCapabilities
const PRO_25S = { ...LANDSCAPE, upstreamModel: 'sora_video2-pro', seconds: [25] } satisfies ModelCapabilities

/** The names clients send to the report's relay. Most say aspect ratio and length in the name; the relay knows a few. */
export const SORA_RELAY_MODELS: Models = {
  sora_video2: ANY_MODEL,
  'sora-2': ANY_MODEL,
  'sora_video2-landscape': { ...LANDSCAPE, upstreamModel: 'sora_video2' },
  'sora_video2-landscape-15s': { ...LANDSCAPE, upstreamModel: 'sora_video2', seconds: [15] },
  'sora_video2-portrait': { ...PORTRAIT, upstreamModel: 'sora_video2' },
  'sora_video2-portrait-15s': { ...PORTRAIT, upstreamModel: 'sora_video2', seconds: [15] },
  'sora_video2-15s': { ...PORTRAIT, upstreamModel: 'sora_video2', seconds: [15] },
  'sora_video2-landscape-25s': PRO_25S,
  'sora_video2-landscape-hd-25s': PRO_25S,
  'sora_video2-pro-landscape-25s': PRO_25S,
  'sora_video2-pro-landscape-hd-25s': PRO_25S,
  'sora_video2-pro': ANY_MODEL,
  'sora-2-pro-landscape': { ...LANDSCAPE, upstreamModel: 'sora_video2-pro' },
  'sora-2-pro-portrait': { ...PORTRAIT, upstreamModel: 'sora_video2-pro' }
}

/** What goes upstream in place of a client's model name. A model of one shape or length has it whether the client names it or not. */
export function soraShape (model: ModelCapabilities, { size, aspectRatio, duration }: { size?: string, aspectRatio?: string, duration?: number }) {
  const aspect = aspectRatio ?? model.aspectRatios?.[0]
  return { aspectRatio: aspect, size: size ?? sizeOf(aspect), seconds: duration ?? model.seconds?.[0] }
}

function sizeOf (aspectRatio: string | undefined): string {
  if (aspectRatio === '9:16') return '720x1280'
  if (aspectRatio === '16:9') return '1280x720'
  return '720x720'
}
