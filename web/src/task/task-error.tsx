import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import type { Messages } from '../i18n/en.ts'

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

/** Three lines: what happened, whose fault it is, what to do next. */
export function TaskError ({ task: { errorCode, errorMessage, errorHint } }: { task: Task }) {
  const { task: words } = useText()
  if (!errorCode) return null
  return (
    <div className='flex flex-col gap-0.5 rounded-lg bg-bad-soft px-3 py-2 text-xs text-ink'>
      <p className='font-medium text-bad'>{errorMessage}</p>
      <p className='text-ink/80'>{words.fault[FAULTS[errorCode] ?? 'us']}</p>
      {errorHint && <p>{errorHint}</p>}
    </div>
  )
}
