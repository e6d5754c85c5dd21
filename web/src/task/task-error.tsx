import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import type { Messages } from '../i18n/en.ts'
import { classes } from '../ui/classes.ts'

type Fault = keyof Messages['task']['fault']

/** By code, because codes never change. */
const FAULTS: Record<string, Fault> = {
  UPSTREAM_MODERATED: 'policy',
  UPSTREAM_REFUSED: 'you',
  UPSTREAM_AUTH: 'operator',
  UPSTREAM_FAILED: 'provider',
  UPSTREAM_LOST: 'provider',
  UPSTREAM_UNREADABLE: 'provider',
  NO_VIDEO_URL: 'provider',
  OUTPUT_UNREADABLE: 'provider',
  DEADLINE_EXCEEDED: 'provider',
  SUBMISSION_UNCONFIRMED: 'unknown',
  CHANNEL_UNAVAILABLE: 'provider'
}

/** What happened, whose fault it is, what to do next; `brief`: as much as a card has room for, the rest under the pointer. */
export function TaskError ({ task: { errorCode, errorMessage, errorHint }, brief = false }: { task: Task, brief?: boolean }) {
  const { task: words } = useText()
  if (!errorCode) return null
  const fault = words.fault[FAULTS[errorCode] ?? 'us']
  return (
    <div className={classes('flex flex-col gap-0.5 rounded-lg bg-bad-soft px-3 text-xs text-ink', brief ? 'min-h-0 overflow-hidden py-1.5' : 'py-2')} title={brief ? [errorMessage, fault, errorHint].filter(Boolean).join(' ') : undefined}>
      <p className={classes('font-medium text-bad wrap-anywhere', brief && 'line-clamp-2 shrink-0')}>{errorMessage}</p>
      <p className={classes('text-ink/80', brief && 'line-clamp-1 shrink-0')}>{fault}</p>
      {errorHint && <p className={classes(brief && 'line-clamp-1')}>{errorHint}</p>}
    </div>
  )
}
