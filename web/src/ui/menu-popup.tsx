import { Menu as Base } from '@base-ui/react/menu'
import { classes } from './classes.ts'
import type { MenuProps } from './menu.tsx'

/** A button that opens a list of actions; `checked` items form a choice of one. */
export function MenuPopup ({ trigger, label, className, items }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger className={className} aria-label={label} title={label}>{trigger}</Base.Trigger>
      <Base.Portal>
        <Base.Positioner className='z-50' sideOffset={6} align='end'>
          <Base.Popup className='min-w-40 rounded-xl border bg-surface p-1 text-sm shadow-xl'>
            {items.map(({ label, onSelect, danger, disabled, checked }) => (
              <Base.Item key={label} {...checked !== undefined && { role: 'menuitemradio', 'aria-checked': checked }} disabled={disabled} onClick={onSelect} className={classes('flex cursor-default items-center justify-between gap-6 rounded-lg px-3 py-1.5 outline-none data-disabled:opacity-50 data-highlighted:bg-raised', danger && 'text-bad')}>
                {label}
                {checked && <span aria-hidden>✓</span>}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
