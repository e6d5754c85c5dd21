import { useRef, useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { buttonClasses } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Icon } from '../ui/icon.tsx'
import { PICTURE_TYPES, type Picture } from './pictures.ts'

interface SlotProps { label: string, pictures: readonly Picture[], room: number, onAdd: (files: Iterable<File>) => void, onRemove: (picture: Picture) => void }

/** Pictures for one purpose: dropped here, pasted, or picked. */
export function PictureSlot ({ label, pictures, room, onAdd, onRemove }: SlotProps) {
  const { composer } = useText()
  const [over, setOver] = useState(false)
  return (
    <div
      role='group' aria-label={label} className={classes('flex flex-wrap items-center gap-1 rounded-lg', over && 'outline-2 outline-accent')}
      onDragOver={event => { event.preventDefault(); setOver(true) }} onDragLeave={() => setOver(false)}
      onDrop={event => { event.preventDefault(); event.stopPropagation(); setOver(false); onAdd(event.dataTransfer.files) }}
      onPaste={event => { if (event.clipboardData.files.length > 0) onAdd(event.clipboardData.files) }}
    >
      {pictures.map((picture, index) => (
        <span key={index} className='inline-flex h-9 items-center gap-1 rounded-lg border bg-surface pl-1 text-xs text-dim'>
          <img src={picture.dataUrl} alt={composer.imageNamed(label, picture.name)} title={`${label}: ${picture.name}`} className='h-7 w-10 rounded object-cover' />
          {room === 1 && <span>{label}</span>}
          <button type='button' aria-label={composer.removeImage(label, picture.name)} onClick={() => onRemove(picture)} className='grid size-7 place-items-center rounded hover:text-bad'><Icon name='close' /></button>
        </span>
      ))}
      {pictures.length < room && <Picker label={room > 1 ? `${label} ${pictures.length}/${room}` : label} multiple={room > 1} onAdd={onAdd} />}
    </div>
  )
}

function Picker ({ label, multiple, onAdd }: { label: string, multiple: boolean, onAdd: (files: Iterable<File>) => void }) {
  const { composer } = useText()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button type='button' title={composer.imageHint} onClick={() => input.current?.click()} className={buttonClasses('plain')}><Icon name='image' />{label}</button>
      <input ref={input} type='file' accept={PICTURE_TYPES.join()} multiple={multiple} hidden aria-hidden onChange={({ target }) => { onAdd([...target.files ?? []]); target.value = '' }} />
    </>
  )
}
