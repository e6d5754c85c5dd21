import { Fragment, useMemo } from 'react'
import { useText } from '../i18n/text.tsx'
import { classes } from '../ui/classes.ts'
import { diffPrompts, nearChanges, type Part } from './prompt-diff.ts'

const LOOKS = { same: '', added: 'bg-ok-soft text-ok no-underline', removed: 'bg-bad-soft text-bad line-through' } as const
const TAGS = { same: 'span', added: 'ins', removed: 'del' } as const
const WHOLE = (parts: Part[]) => parts

/** What the second prompt changes about the first; `cut` leaves out what there is no room for. */
export function PromptDiff ({ before, after, cut = WHOLE, className }: { before: string, after: string, cut?: (parts: Part[]) => Part[], className?: string }) {
  const parts = useMemo(() => cut(diffPrompts(before, after)), [before, after, cut])
  return (
    <p dir='auto' className={classes('whitespace-pre-wrap text-sm wrap-anywhere', className)}>
      {parts.map(({ text, kind }, index) => {
        const Tag = TAGS[kind]
        // What went and what came in its place are two words, to the eye and to a reader of the screen.
        const apart = kind === 'added' && parts[index - 1]?.kind === 'removed'
        return <Fragment key={index}>{apart && ' '}<Tag className={LOOKS[kind]}>{text}</Tag></Fragment>
      })}
    </p>
  )
}

/** The same with its heading, in a place of its own: what stands below it stays in sight. */
export function PromptChanges ({ before, after }: { before: string, after: string }) {
  const { remix: words } = useText()
  return (
    <section aria-label={words.changes}>
      <h3 className='mb-1 text-xs font-medium text-dim'>{words.changes}</h3>
      {after.trim() === before.trim()
        ? <p className='text-sm text-dim'>{words.unchanged}</p>
        : <div tabIndex={0} role='group' aria-label={words.changes} className='max-h-48 overflow-y-auto rounded'><PromptDiff before={before} after={after} cut={nearChanges} /></div>}
    </section>
  )
}
