import type { ReactNode } from 'react'
import { PageHead } from '../shell/shell.tsx'
import { classes } from '../ui/classes.ts'

/** A page of settings: its head with what can be made, then sections of a readable width. */
export function SettingsPage ({ title, action, children }: { title: string, action?: ReactNode, children: ReactNode }) {
  return (
    <>
      <div className='max-w-5xl'><PageHead title={title}>{action}</PageHead></div>
      <div className='flex max-w-5xl flex-col gap-4 p-4 md:px-6'>{children}</div>
    </>
  )
}

/** What a try has brought: it stays, for there may be something to do about it. */
export function Outcome ({ ok, children }: { ok: boolean, children: ReactNode }) {
  return <p role='status' className={classes('rounded-lg px-3 py-2 text-sm wrap-anywhere', ok ? 'bg-ok-soft text-ok' : 'bg-bad-soft text-bad')}>{children}</p>
}

export function Section ({ title, children }: { title?: string, children: ReactNode }) {
  return (
    <section aria-label={title} className='flex flex-col gap-3 rounded-2xl border bg-surface p-4'>
      {title && <h2 className='font-semibold'>{title}</h2>}
      {children}
    </section>
  )
}
