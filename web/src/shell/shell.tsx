import { lazy, Suspense, useState, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useText } from '../i18n/text.tsx'
import { useAccount } from '../session/session.tsx'
import { classes } from '../ui/classes.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import { LivePill } from './live-pill.tsx'
import { buttonClasses } from '../ui/button.tsx'
import { Preferences } from './preferences.tsx'
import { useShortcuts } from './shortcuts.ts'
import { usePageTitle } from './title.ts'

const HelpDialog = lazy(async () => ({ default: (await import('./help-dialog.tsx')).HelpDialog }))

type PageName = 'board' | 'keys' | 'webhooks' | 'channels' | 'account'

const PAGES: ReadonlyArray<{ name: PageName, path: string, icon: IconName, adminOnly?: boolean }> = [
  { name: 'board', path: '/', icon: 'board' },
  { name: 'keys', path: '/keys', icon: 'key' },
  { name: 'webhooks', path: '/webhooks', icon: 'webhook' },
  { name: 'channels', path: '/channels', icon: 'channel', adminOnly: true },
  { name: 'account', path: '/account', icon: 'account' }
]

/** What stands around every page: the rail, how live it is, language and theme. */
export function Shell ({ children }: { children: ReactNode }) {
  const { brand, skipToContent, nav } = useText()
  const [helping, setHelping] = useState(false)
  useShortcuts(!helping, { '?': () => setHelping(true) })
  return (
    <div className='flex min-h-dvh flex-col md:flex-row'>
      <a href='#content' className='sr-only focus:not-sr-only focus:fixed focus:left-2 focus:top-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:p-2'>{skipToContent}</a>
      <header className='sticky top-0 z-30 flex items-center gap-2 border-b bg-surface px-3 py-2 md:h-dvh md:w-16 md:flex-col md:border-b-0 md:border-r md:py-4'>
        <Link href='/' aria-label={brand} className='rounded-lg'><img src='/favicon.svg' alt='' className='size-8' /></Link>
        <Rail />
        <div className='ml-auto flex items-center md:ml-0 md:mt-auto md:flex-col [&>div]:md:flex-col'>
          <button type='button' onClick={() => setHelping(true)} aria-label={nav.help} title={nav.help} className={buttonClasses('quiet', 'icon') + ' max-md:hidden'}><Icon name='help' /></button>
          <Preferences />
        </div>
      </header>
      <main id='content' tabIndex={-1} className='min-w-0 flex-1 outline-none'>{children}</main>
      {helping && <Suspense><HelpDialog onClose={() => setHelping(false)} /></Suspense>}
    </div>
  )
}

function Rail () {
  const { nav } = useText()
  const { role } = useAccount()
  const [path] = useLocation()
  return (
    <nav aria-label={nav.label} className='flex gap-1 overflow-x-auto md:mt-4 md:flex-col'>
      {PAGES.filter(({ adminOnly }) => !adminOnly || role === 'admin').map(({ name, path: to, icon }) => {
        const here = to === path
        return (
          <Link key={name} href={to} aria-label={nav[name]} title={nav[name]} aria-current={here ? 'page' : undefined} className={classes('grid size-10 place-items-center rounded-xl text-xl transition', here ? 'bg-accent-soft text-accent' : 'text-dim hover:bg-raised hover:text-ink')}>
            <Icon name={icon} />
          </Link>
        )
      })}
    </nav>
  )
}

/** A page's own head: its name, what belongs to it, and how live it is. */
export function PageHead ({ title, children }: { title: string, children?: ReactNode }) {
  usePageTitle(title)
  return (
    <div className='flex flex-wrap items-center gap-3 px-4 pt-4 md:px-6'>
      <h1 className='text-lg font-semibold'>{title}</h1>
      <LivePill />
      <div className='ml-auto flex flex-wrap items-center gap-2'>{children}</div>
    </div>
  )
}
