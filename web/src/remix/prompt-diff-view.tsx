import { Fragment, useMemo } from 'react'
import { classes } from '../ui/classes.ts'
import { diffPrompts, nearChange } from './prompt-diff.ts'

const LOOKS = { same: '', added: 'bg-ok-soft text-ok no-underline', removed: 'bg-bad-soft text-bad line-through' } as const
const TAGS = { same: 'span', added: 'ins', removed: 'del' } as const

/** What the second prompt changes about the first; `brief` where there is room for a line or two. */
export function PromptDiff ({ before, after, brief, className }: { before: string, after: string, brief?: boolean, className?: string }) {
  const parts = useMemo(() => brief ? nearChange(diffPrompts(before, after)) : diffPrompts(before, after), [before, after, brief])
  return (
    <p className={classes('whitespace-pre-wrap text-sm wrap-anywhere', className)}>
      {parts.map(({ text, kind }, index) => {
        const Tag = TAGS[kind]
        // What went and what came in its place are two words, to the eye and to a reader of the screen.
        const apart = kind === 'added' && parts[index - 1]?.kind === 'removed'
        return <Fragment key={index}>{apart && ' '}<Tag className={LOOKS[kind]}>{text}</Tag></Fragment>
      })}
    </p>
  )
}
