import { useText } from '../i18n/text.tsx'
import { classes } from './classes.ts'

const BAR = 'rounded bg-raised motion-safe:animate-pulse'

/** Stands where lines are being read; seen only when that takes a moment. */
export function Waiting ({ lines = 3 }: { lines?: number }) {
  const { common } = useText()
  return (
    <div role='status' aria-label={common.loading} className='late flex flex-col gap-3'>
      {Array.from({ length: lines }, (_, index) => <div key={index} className={classes('h-4', BAR, index === lines - 1 && 'w-2/3')} />)}
    </div>
  )
}

/** The same where cards are. */
export function WaitingCards ({ cards = 4 }: { cards?: number }) {
  const { common } = useText()
  return (
    <div role='status' aria-label={common.loading} className='late grid grid-cols-[repeat(auto-fill,minmax(15.6rem,1fr))] gap-4'>
      {Array.from({ length: cards }, (_, index) => (
        <div key={index} className='flex h-60 flex-col gap-3 overflow-hidden rounded-2xl border bg-surface'>
          <div className={classes('h-40 rounded-none', BAR)} />
          <div className={classes('mx-3 h-4 w-1/3', BAR)} />
          <div className={classes('mx-3 h-4 w-3/4', BAR)} />
        </div>
      ))}
    </div>
  )
}
