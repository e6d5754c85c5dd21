import { Dialog as Base } from '@base-ui/react/dialog'
import { useRef, useState, type ReactNode } from 'react'
import { useText } from '../i18n/text.tsx'
import { buttonClasses } from './button.tsx'
import { classes } from './classes.ts'
import { Icon } from './icon.tsx'
import { rememberOpener, returnTo } from './opener.ts'
import { Problem } from './problem.tsx'

const PLACES = {
  centre: 'left-1/2 top-1/2 max-h-[calc(100dvh-2rem)] w-[min(40rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-2xl',
  wide: 'left-1/2 top-1/2 max-h-[calc(100dvh-2rem)] w-[min(64rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-2xl',
  side: 'inset-y-0 right-0 h-dvh w-[min(32rem,100vw)]'
} as const

/** Where somebody begins to write. */
const FIRST_FIELD = 'form :is(textarea, input, select):enabled'

interface DialogProps { open: boolean, onClose: () => void, title: string, description?: string, place?: keyof typeof PLACES, /** Only its own button closes it: neither a click beside it nor Escape. */ insists?: boolean, children: ReactNode }

/** The end of a form in a window: what went wrong and the ways out, in sight however long the form is. */
export function DialogFoot ({ error, children }: { error: unknown, children: ReactNode }) {
  return (
    <div className='sticky bottom-0 -mx-5 -mb-4 flex flex-col gap-3 border-t bg-surface px-5 py-3'>
      <Problem error={error} />
      <div className='flex justify-end gap-2'>{children}</div>
    </div>
  )
}

/** A modal window, or a drawer at the side: focus stays in it and returns to where it came from. */
export function Dialog ({ open, onClose, title, description, place = 'centre', insists, children }: DialogProps) {
  const { common } = useText()
  const [openers] = useState(rememberOpener)
  const popup = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open={open} disablePointerDismissal={insists} onOpenChange={(isOpen, { reason }) => { if (!isOpen && !(insists && reason === 'escape-key')) onClose() }}>
      <Base.Portal>
        <Base.Backdrop className='fixed inset-0 z-40 bg-black/50 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0' />
        <Base.Popup ref={popup} initialFocus={() => popup.current?.querySelector<HTMLElement>(FIRST_FIELD) ?? true} finalFocus={() => returnTo(openers, popup.current)} className={classes('fixed z-50 flex flex-col overflow-y-auto border bg-surface text-ink shadow-2xl transition data-ending-style:opacity-0 data-starting-style:opacity-0', PLACES[place])}>
          <header className='sticky top-0 z-10 flex items-center gap-3 border-b bg-surface px-5 py-3'>
            <div className='min-w-0 flex-1'>
              <Base.Title className='text-base font-semibold'>{title}</Base.Title>
              {description && <Base.Description className='text-sm text-dim'>{description}</Base.Description>}
            </div>
            <Base.Close className={buttonClasses('quiet', 'icon')} aria-label={common.close}><Icon name='close' /></Base.Close>
          </header>
          <div className='flex flex-col gap-4 px-5 py-4'>{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
