import { lazy, Suspense, type ReactNode } from 'react'

export interface MenuItem { label: string, onSelect: () => void, danger?: boolean, disabled?: boolean, checked?: boolean }
export interface MenuProps { trigger: ReactNode, label: string, className: string, items: MenuItem[] }

/** What places and drives popups is a third of all script: it comes after the first paint. */
const MenuPopup = lazy(async () => ({ default: (await import('./menu-popup.tsx')).MenuPopup }))

/** A button that opens a list of actions; `checked` items form a choice of one. */
export function Menu (props: MenuProps) {
  const { trigger, label, className } = props
  return (
    <Suspense fallback={<button type='button' className={className} aria-label={label} disabled>{trigger}</button>}>
      <MenuPopup {...props} />
    </Suspense>
  )
}
