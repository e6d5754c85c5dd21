import { useState } from 'react'
import type { Model } from '../models/use-models.ts'
import { readPictures, roomOf, withPictures, type Picture, type Pictures, type Slot } from './pictures.ts'

/** Puts files where the model takes pictures; `refused` when the last ones could not be taken. */
export function usePictures (model: Model | undefined, pictures: Pictures, onChange: (pictures: Pictures) => void) {
  const [refused, setRefused] = useState(false)
  const room = roomOf(model, pictures)
  const add = async (files: Iterable<File>, slot?: Slot) => {
    const more = await readPictures(files)
    const next = more && withPictures(pictures, more, model, slot)
    setRefused(!next)
    if (next) onChange(next)
  }
  const remove = (slot: Slot, picture: Picture) => {
    setRefused(false)
    onChange({ ...pictures, [slot]: pictures[slot].filter(kept => kept !== picture) })
  }
  return { room, refused, add, remove }
}
