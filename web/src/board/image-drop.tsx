import { useRef, useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { buttonClasses } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Icon } from '../ui/icon.tsx'
import type { Picture } from './draft.ts'

const TYPES = ['image/png', 'image/jpeg', 'image/webp']
/** The server takes no more. */
const MAX_BYTES = 10 * 1024 * 1024

/** The first picture among what was dropped or pasted; undefined without one that is taken. */
export async function readPicture (files: Iterable<File>): Promise<Picture | undefined> {
  const file = [...files].find(({ type, size }) => TYPES.includes(type) && size <= MAX_BYTES)
  if (!file) return undefined
  return await new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve({ name: file.name, dataUrl: String(reader.result) })
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}

/** A picture to begin with: dropped, pasted into the prompt, or picked. */
export function ImageDrop ({ image, onChange }: { image: Picture | undefined, onChange: (image: Picture | undefined) => void }) {
  const { composer } = useText()
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  if (image) {
    return (
      <span className='inline-flex h-9 items-center gap-2 rounded-lg border bg-surface pl-1 pr-1'>
        <img src={image.dataUrl} alt={composer.imageNamed(image.name)} className='h-7 w-10 rounded object-cover' />
        <button type='button' aria-label={composer.removeImage} onClick={() => onChange(undefined)} className='grid size-7 place-items-center rounded text-dim hover:text-bad'><Icon name='close' /></button>
      </span>
    )
  }
  return (
    <>
      <button
        type='button' title={composer.imageHint} onClick={() => input.current?.click()} className={classes(buttonClasses('plain'), over && 'border-accent text-accent')}
        onDragOver={event => { event.preventDefault(); setOver(true) }} onDragLeave={() => setOver(false)}
        onDrop={async event => { event.preventDefault(); setOver(false); onChange(await readPicture(event.dataTransfer.files)) }}
      >
        <Icon name='image' />{composer.image}
      </button>
      <input ref={input} type='file' accept={TYPES.join()} hidden aria-hidden onChange={async ({ target }) => { onChange(await readPicture(target.files ?? [])); target.value = '' }} />
    </>
  )
}
