import type { FastifyRequest } from 'fastify'
import { invalidField } from '../../../server/errors.ts'
import { checkImagesTogether } from '../../../server/media/input-image.ts'
import type { InputFiles } from '../../../server/media/input-files.ts'
import type { InputImage } from '../../../server/upstreams/upstream.ts'
import type { ReadImage } from '../../image-reader.ts'
import type { TaskBody } from './schemas.ts'

type TaskRequest = Pick<FastifyRequest<{ Body: TaskBody }>, 'body' | 'formImage' | 'formFrames'>

/** The images of a request: the files of a form, or what its fields say. Throws what is wrong with one, or with all together. */
export async function taskImages (readImage: ReadImage, { body, formImage, formFrames = {} }: TaskRequest): Promise<InputFiles> {
  const read: InputImage[] = []
  async function one (field: string, file: InputImage | undefined, reference: string | undefined): Promise<InputImage | undefined> {
    if (file && reference !== undefined) throw invalidField(field, 'is given twice')
    const image = file ?? (reference === undefined ? undefined : await readImage(reference, field))
    if (image) checkImagesTogether([...read, image], field)
    if (image) read.push(image)
    return image
  }

  async function several (field: string, files: InputImage[] | undefined, references: string[] | undefined): Promise<InputImage[] | undefined> {
    if (files && references) throw invalidField(field, 'is given twice')
    const images: InputImage[] = []
    // One after the other: no more is in memory than may be.
    for (const [i, reference] of (references ?? []).entries()) images.push((await one(`${field}.${i}`, undefined, reference))!)
    return files ?? (references && images)
  }

  return {
    image: await one('inputReference', formImage, body.inputReference),
    firstFrame: await one('firstFrame', formFrames.firstFrame, body.firstFrame),
    lastFrame: await one('lastFrame', formFrames.lastFrame, body.lastFrame),
    referenceImages: await several('referenceImages', formFrames.referenceImages, body.referenceImages)
  }
}

/** For requests that repeat their images: each is read once, and held once. */
export function rememberingReader (readImage: ReadImage): ReadImage {
  // By field too, because a refusal names it. The keys are the strings of the body, not copies.
  const fields = new Map<string, Map<string, Promise<InputImage>>>()
  return async (reference, field) => {
    const read = fields.get(field) ?? new Map<string, Promise<InputImage>>()
    const image = read.get(reference) ?? readImage(reference, field)
    fields.set(field, read.set(reference, image))
    return await image
  }
}
