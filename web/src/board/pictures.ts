import type { Model } from '../models/use-models.ts'

/** A picture that was dropped, pasted or picked. */
export interface Picture { name: string, size: number, dataUrl: string }

/** What a picture is for: what the video begins with, what it ends with, who or what it shows. */
export const SLOTS = ['first', 'last', 'references'] as const
export type Slot = typeof SLOTS[number]
export type Pictures = Readonly<Record<Slot, readonly Picture[]>>

export const NO_PICTURES: Pictures = { first: [], last: [], references: [] }
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp']
const MIB = 1024 * 1024
/** The server takes no larger one, and together no more than fit into a request of 16 MiB as base64. */
const MAX_BYTES = 10 * MIB
const MAX_TOGETHER = 11.5 * MIB

/** How many pictures a model takes for what, beside what was picked: some take frames or references, not both; then frames come first. */
export function roomOf (model: Model | undefined, pictures: Pictures): Record<Slot, number> {
  const { image = true, firstFrame = false, lastFrame = false, referenceImages = 0, referencesWithFrames = true } = model?.inputs ?? {}
  const room = { first: image || firstFrame ? 1 : 0, last: lastFrame ? 1 : 0, references: referenceImages }
  if (referencesWithFrames) return room
  const framed = (room.first > 0 && pictures.first.length > 0) || (room.last > 0 && pictures.last.length > 0)
  if (framed) return { ...room, references: 0 }
  return room.references > 0 && pictures.references.length > 0 ? { ...room, first: 0, last: 0 } : room
}

/** The fields of a request for them; what the model does not take is left out, though it may have been picked for another one. */
export function pictureFields (pictures: Pictures, model: Model | undefined) {
  const room = roomOf(model, pictures)
  const [[first], [last], references] = SLOTS.map(slot => pictures[slot].slice(0, room[slot]).map(({ dataUrl }) => dataUrl)) as [string[], string[], string[]]
  return {
    ...first && (model?.inputs.firstFrame ? { firstFrame: first } : { inputReference: first }),
    ...last && { lastFrame: last },
    ...references.length > 0 && { referenceImages: references }
  }
}

/** With more of them in this slot, or wherever there is room. Undefined when not all can be taken. */
export function withPictures (pictures: Pictures, more: readonly Picture[], model: Model | undefined, slot?: Slot): Pictures | undefined {
  let next: Pictures | undefined = pictures
  for (const picture of more) next = next && withPicture(next, picture, roomOf(model, next), slot)
  return next && bytesOf(next) <= MAX_TOGETHER ? next : undefined
}

function withPicture (pictures: Pictures, picture: Picture, room: Record<Slot, number>, wanted?: Slot): Pictures | undefined {
  const slot = wanted ?? SLOTS.find(slot => pictures[slot].length < room[slot])
  if (!slot || pictures[slot].length >= room[slot]) return undefined
  return { ...pictures, [slot]: [...pictures[slot], picture] }
}

function bytesOf (pictures: Pictures): number {
  return SLOTS.flatMap(slot => pictures[slot]).reduce((sum, { size }) => sum + size, 0)
}

/** The pictures among what was dropped or pasted; undefined when one of the files cannot be taken. */
export async function readPictures (files: Iterable<File>): Promise<Picture[] | undefined> {
  const list = [...files]
  if (!list.every(({ type, size }) => PICTURE_TYPES.includes(type) && size <= MAX_BYTES)) return undefined
  return await Promise.all(list.map(async file => ({ name: file.name, size: file.size, dataUrl: await readDataUrl(file) })))
}

function readDataUrl (file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
