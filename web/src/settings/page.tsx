import type { ReactNode } from 'react'
import { PageHead } from '../shell/shell.tsx'

/** A page of settings: its head with what can be made, then sections of a readable width. */
export function SettingsPage ({ title, action, children }: { title: string, action?: ReactNode, children: ReactNode }) {
  return (
    <>
      <PageHead title={title}>{action}</PageHead>
      <div className='flex max-w-5xl flex-col gap-4 p-4 md:px-6'>{children}</div>
    </>
  )
}

export function Section ({ title, children }: { title?: string, children: ReactNode }) {
  return (
    <section aria-label={title} className='flex flex-col gap-3 rounded-2xl border bg-surface p-4'>
      {title && <h2 className='font-semibold'>{title}</h2>}
      {children}
    </section>
  )
}
