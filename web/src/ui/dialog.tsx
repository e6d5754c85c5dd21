import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { useText } from '../i18n/text.tsx'
import { buttonClasses } from './button.tsx'
import { classes } from './classes.ts'
import { Icon } from './icon.tsx'

const PLACES = {
  centre: 'left-1/2 top-1/2 max-h-[calc(100dvh-2rem)] w-[min(40rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-2xl',
  wide: 'left-1/2 top-1/2 max-h-[calc(100dvh-2rem)] w-[min(64rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-2xl',
  side: 'inset-y-0 right-0 h-dvh w-[min(32rem,100vw)]'
} as const

interface DialogProps { open: boolean, onClose: () => void, title: string, description?: string, place?: keyof typeof PLACES, /** A click beside it does not close it. */ insists?: boolean, children: ReactNode }

/** A modal window, or a drawer at the side: focus stays in it and returns to where it came from. */
export function Dialog ({ open, onClose, title, description, place = 'centre', insists, children }: DialogProps) {
  const { common } = useText()
  return (
    <Base.Root open={open} disablePointerDismissal={insists} onOpenChange={isOpen => { if (!isOpen) onClose() }}>
      <Base.Portal>
        <Base.Backdrop className='fixed inset-0 z-40 bg-black/50 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0' />
        <Base.Popup className={classes('fixed z-50 flex flex-col overflow-y-auto border bg-surface text-ink shadow-2xl transition data-ending-style:opacity-0 data-starting-style:opacity-0', PLACES[place])}>
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
