import type { ComponentProps } from 'react'
import { classes } from './classes.ts'

const LOOKS = {
  primary: 'bg-accent text-on-accent hover:brightness-110',
  plain: 'border bg-surface text-ink hover:bg-raised',
  chosen: 'border border-accent bg-accent-soft text-accent',
  quiet: 'text-dim hover:bg-raised hover:text-ink',
  danger: 'border border-transparent bg-bad-soft text-bad hover:border-bad'
} as const

const SIZES = { small: 'h-8 gap-1.5 px-2.5 text-sm', normal: 'h-9 gap-2 px-3.5 text-sm', icon: 'size-9 shrink-0 text-base' } as const

export interface ButtonProps extends ComponentProps<'button'> {
  look?: keyof typeof LOOKS
  size?: keyof typeof SIZES
  /** What it does is under way: pressing it does nothing, and unlike a disabled one it keeps the focus. */
  busy?: boolean
}

export function buttonClasses (look: keyof typeof LOOKS = 'plain', size: keyof typeof SIZES = 'normal'): string {
  return classes('inline-flex select-none items-center justify-center whitespace-nowrap rounded-lg font-medium transition disabled:opacity-50 aria-disabled:opacity-50 data-disabled:opacity-50', LOOKS[look], SIZES[size])
}

export function Button ({ look, size, busy, className, type = 'button', onClick, ...props }: ButtonProps) {
  return <button type={type} aria-disabled={busy || undefined} onClick={busy ? event => event.preventDefault() : onClick} className={classes(buttonClasses(look, size), className)} {...props} />
}
