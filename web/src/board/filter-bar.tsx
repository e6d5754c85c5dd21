import { useEffect, useRef, useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { buttonClasses } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Icon } from '../ui/icon.tsx'
import { STATUSES, TYPES, type Filters } from './filters.ts'

const TYPING_MS = 300

export function FilterBar ({ filters, onChange }: { filters: Filters, onChange: (filters: Filters) => void }) {
  const { board, status, task } = useText()
  return (
    <div className='flex flex-wrap items-center gap-2' role='search'>
      <SearchBox value={filters.q} onChange={q => onChange({ ...filters, q })} />
      <select aria-label={board.status} value={filters.status} onChange={event => onChange({ ...filters, status: event.target.value as Filters['status'] })} className='h-9 rounded-lg border bg-surface px-2 text-sm'>
        <option value=''>{board.everyStatus}</option>
        {STATUSES.map(name => <option key={name} value={name}>{status[name]}</option>)}
      </select>
      <select aria-label={board.type} value={filters.type} onChange={event => onChange({ ...filters, type: event.target.value as Filters['type'] })} className='h-9 rounded-lg border bg-surface px-2 text-sm'>
        <option value=''>{board.everyType}</option>
        {TYPES.map(name => <option key={name} value={name}>{task.type[name]}</option>)}
      </select>
      <button type='button' aria-pressed={filters.favourites} onClick={() => onChange({ ...filters, favourites: !filters.favourites })} className={classes(buttonClasses('plain'), filters.favourites && 'text-warn')}>
        <Icon name='star' filled={filters.favourites} />{board.favourites}
      </button>
    </div>
  )
}

/** Searches when the typing pauses, not at every letter. */
function SearchBox ({ value, onChange }: { value: string, onChange: (q: string) => void }) {
  const { board } = useText()
  const [text, setText] = useState(value)
  const tell = useRef(onChange)
  useEffect(() => { tell.current = onChange })
  useEffect(() => { setText(value) }, [value])
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => tell.current(text), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text, value])
  return (
    <div className='relative min-w-40 flex-1 sm:max-w-72'>
      <Icon name='search' className='pointer-events-none absolute left-2.5 top-2.5 size-4 text-dim' />
      <input id='search' type='search' value={text} onChange={event => setText(event.target.value)} placeholder={board.search} aria-label={board.search} className='h-9 w-full rounded-lg border bg-surface pl-8 pr-2 text-sm placeholder:text-dim' />
    </div>
  )
}
