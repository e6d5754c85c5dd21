import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Task } from '../api/client.ts'
import type { Messages } from '../i18n/en.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { CopyText } from '../ui/copy-text.tsx'
import { shortId } from './short-id.ts'
import { sourcePath } from './source-path.ts'
import { fullTime } from './time.ts'

/** What was asked for and what is known of it; `onLeave`: a link leads elsewhere. */
export function TaskFacts ({ task, onLeave }: { task: Task, onLeave: () => void }) {
  const { task: { facts }, composer, common } = useText()
  const { locale } = useLocale()
  const rows: Array<[string, string | null]> = [
    [facts.model, task.model],
    [facts.channel, task.channelId],
    [facts.shape, [task.size ?? task.aspectRatio, task.duration && `${task.duration} s`].filter(Boolean).join(' · ') || null],
    ...optionRows(task.options, composer, facts),
    [facts.attempt, String(task.attempt)],
    [facts.polls, String(task.pollCount)],
    [facts.created, fullTime(task.createdAt, locale)],
    [task.status === 'COMPLETED' ? facts.completed : facts.ended, task.completedAt && fullTime(task.completedAt, locale)],
    [facts.expires, task.expiresAt && fullTime(task.expiresAt, locale)]
  ]
  return (
    <section aria-label={facts.title} className='text-sm'>
      <dl className='grid grid-cols-[auto_1fr] gap-x-4 gap-y-1'>
        {task.remixedFrom && <Fact name={facts.source}><Link href={sourcePath(task)} onClick={onLeave} className='text-accent underline'>#{shortId(task.remixedFrom)}</Link></Fact>}
        {rows.map(([name, value]) => value && <Fact key={name} name={name}>{value}</Fact>)}
        <Fact name={facts.videoId}><CopyText text={task.videoId} /></Fact>
        <Fact name={facts.externalTaskId}>{task.externalTaskId ? <CopyText text={task.externalTaskId} /> : common.none}</Fact>
        {task.batchId && <Fact name={facts.batchId}><CopyText text={task.batchId} /></Fact>}
      </dl>
      {task.options.parameters && <Raw name={facts.parameters} value={task.options.parameters} />}
      <Raw name={facts.metadata} value={task.metadata} />
    </section>
  )
}

/** What else was asked for, by the names of the composer. */
function optionRows ({ parameters, ...options }: Task['options'], { extras, yes, no }: Messages['composer'], { characters }: Messages['task']['facts']): Array<[string, string]> {
  const names: Record<string, string> = { ...extras, characters }
  const say = (value: unknown) => value === true ? yes : value === false ? no : Array.isArray(value) ? value.join(', ') : String(value)
  return Object.entries(options).filter(([, value]) => value != null).map(([name, value]) => [names[name] ?? name, say(value)])
}

function Fact ({ name, children }: { name: string, children: ReactNode }) {
  return (
    <>
      <dt className='text-dim'>{name}</dt>
      <dd className='min-w-0 wrap-anywhere'>{children}</dd>
    </>
  )
}

/** As it is; of little use to most, so folded. */
function Raw ({ name, value }: { name: string, value: unknown }) {
  return (
    <details className='mt-2'>
      <summary className='cursor-pointer text-dim'>{name}</summary>
      <pre tabIndex={0} className='mt-1 overflow-x-auto rounded-lg bg-raised p-3 text-xs'>{JSON.stringify(value, null, 2)}</pre>
    </details>
  )
}
