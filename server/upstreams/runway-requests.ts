import { dataUri, firstImage } from './references.ts'
import { EDITOR, findRunwayModel, ratioOf } from './runway-models.ts'
import type { InputImage, SubmissionRequest } from './upstream.ts'

/** What goes to which endpoint. */
export interface RunwayRequest {
  endpoint: 'text_to_video' | 'image_to_video' | 'video_to_video'
  body: Record<string, unknown>
}

export const RESERVED_FIELDS = new Set(['model', 'promptText', 'promptImage', 'promptVideo', 'videoUri', 'references', 'ratio', 'duration', 'seed', 'negativePrompt', 'audio'])

/** Characters of a data URI; Runway's bounds are 5 MB for images and 16 MB for videos. */
const MAX_IMAGE_URI = 5_000_000
const MAX_VIDEO_URI = 16_000_000

/** A new video, or why it cannot be asked for. */
export function creationOf (name: string, request: SubmissionRequest): RunwayRequest | string {
  const model = findRunwayModel(name)
  const images = framesOf(request)
  const endpoint = images.length > 0 ? 'image_to_video' : 'text_to_video'
  if (model?.needs === 'video') return 'this model only makes videos from others'
  if (model?.needs === 'image' && images.length === 0) return 'this model needs an image'
  if ([...images, ...referencesOf(request)].some(({ uri }) => uri.length > MAX_IMAGE_URI)) return TOO_LARGE

  const ratio = ratioOf(request, endpoint === 'image_to_video' ? model?.ratios.image : model?.ratios.text)
  if (ratio === false) return `this model makes no ${request.size ?? request.aspectRatio} from ${endpoint === 'image_to_video' ? 'an image' : 'a prompt alone'}`
  return {
    endpoint,
    body: {
      ...commonFields(name, request),
      ratio: ratio ?? model?.defaults?.ratio,
      duration: request.duration ?? model?.defaults?.duration,
      negativePrompt: request.negativePrompt,
      ...(endpoint === 'image_to_video' ? { promptImage: images } : listed(request))
    }
  }
}

/** A video from another. What the model does not do itself, Aleph does. */
export function changeOf (name: string, request: SubmissionRequest, video: string): RunwayRequest | string {
  if (video.startsWith('data:') && video.length > MAX_VIDEO_URI) return TOO_LARGE
  const asked = findRunwayModel(name)
  const editor = asked?.videoField ? name : EDITOR
  const { videoField = 'videoUri', ratios } = findRunwayModel(editor)!
  const shape = videoField === 'promptVideo' ? { ratio: ratioOf(request, ratios.text) || undefined, duration: request.duration } : {}
  return { endpoint: 'video_to_video', body: { ...commonFields(editor, request), ...shape, [videoField]: video } }
}

const TOO_LARGE = 'Runway takes images of up to 5 MB and videos of up to 16 MB, in base64'

function commonFields (model: string, { prompt, seed, audio }: SubmissionRequest): Record<string, unknown> {
  return { model, promptText: prompt, seed, audio }
}

function framesOf (request: SubmissionRequest): Array<{ uri: string, position: 'first' | 'last' }> {
  const first = firstImage(request)
  return [
    ...first === undefined ? [] : [{ uri: first, position: 'first' as const }],
    ...request.lastFrame ? [{ uri: dataUri(request.lastFrame), position: 'last' as const }] : []
  ]
}

function referencesOf ({ referenceImages = [] }: SubmissionRequest): Array<{ uri: string }> {
  return referenceImages.map((image: InputImage) => ({ uri: dataUri(image) }))
}

function listed (request: SubmissionRequest): Record<string, unknown> {
  const references = referencesOf(request)
  return references.length > 0 ? { references } : {}
}
