import type { Task } from '../api/client.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { relativeTime, useNow } from './time.ts'

/** How far it is, honestly: the stage in words, an estimate marked as one, the place in line where it is known. */
export function TaskProgress ({ task }: { task: Task }) {
  const { task: words } = useText()
  const { locale } = useLocale()
  const now = useNow(1_000)
  const { stage, progress, progressSource, queuePosition, estimatedCompletionAt } = task
  const known = stage === 'generating' || stage === 'saving'
  const soFar = known && `${progressSource === 'estimated' ? '~' : ''}${progress} %`
  const ends = estimatedCompletionAt && Date.parse(estimatedCompletionAt) > now && relativeTime(estimatedCompletionAt, now, locale)
  return (
    <div className='flex flex-col gap-1'>
      <div className='flex items-baseline justify-between gap-2 text-xs text-dim'>
        <span>{words.stage[stage as keyof typeof words.stage] ?? stage}{queuePosition !== null && ` · ${words.place(queuePosition)}`}</span>
        <span className='tabular-nums'>{[soFar, ends].filter(Boolean).join(' · ')}</span>
      </div>
      <div role='progressbar' aria-label={words.progress} aria-valuemin={0} aria-valuemax={100} aria-valuenow={known ? progress : undefined} className='h-1.5 overflow-hidden rounded-full bg-raised'>
        <div className={known ? 'h-full w-full origin-left rounded-full bg-accent transition-transform duration-700' : 'h-full w-1/3 rounded-full bg-accent/50 motion-safe:animate-pulse'} style={known ? { transform: `scaleX(${Math.max(progress, 2) / 100})` } : undefined} />
      </div>
    </div>
  )
}
