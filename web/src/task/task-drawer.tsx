import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { Task } from '../api/client.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { PromptDiff } from '../remix/prompt-diff-view.tsx'
import { buttonClasses } from '../ui/button.tsx'
import { CopyText } from '../ui/copy-text.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { isActive } from './is-active.ts'
import { fetchTask } from './fetch-task.ts'
import { StatusBadge } from './status-badge.tsx'
import { TaskError } from './task-error.tsx'
import { TaskProgress } from './task-progress.tsx'
import { fullTime } from './time.ts'
import { Timeline } from './timeline.tsx'

/** Everything about one task. */
export function TaskDrawer ({ task: shown, onClose, onRemix }: { task: Task, onClose: () => void, onRemix: (task: Task) => void }) {
  const { task: words } = useText()
  const { data: task = shown } = useQuery({ queryKey: ['task', shown.videoId], queryFn: () => fetchTask(shown.videoId), initialData: shown, initialDataUpdatedAt: 0 })
  const source = useQuery({ queryKey: ['task', task.remixedFrom], queryFn: () => fetchTask(task.remixedFrom!), enabled: task.remixedFrom !== null, retry: false })
  return (
    <Dialog open onClose={onClose} title={words.type[task.type]} place='side'>
      {task.videoUrl && <video src={task.videoUrl} poster={task.thumbnailUrl ?? undefined} controls playsInline className='max-h-80 w-full rounded-xl bg-black' />}
      <div className='flex flex-wrap items-center gap-2'>
        <StatusBadge status={task.status} />
        <span className='ml-auto' />
        {task.status === 'COMPLETED' && <button type='button' className={buttonClasses('primary', 'small')} onClick={() => onRemix(task)}><Icon name='remix' />{words.remix}</button>}
        <Link href={`/lineage/${task.videoId}`} onClick={onClose} className={buttonClasses('plain', 'small')}><Icon name='lineage' />{words.lineage}</Link>
        {task.videoUrl && <a href={`/api/video/tasks/${task.videoId}/content?download=1`} className={buttonClasses('plain', 'small')}><Icon name='download' />{words.download}</a>}
      </div>
      {isActive(task) && <TaskProgress task={task} />}
      <TaskError task={task} />
      <section aria-label={words.prompt}>
        {source.data ? <PromptDiff before={source.data.prompt} after={task.prompt} /> : <p className='whitespace-pre-wrap text-sm wrap-anywhere'>{task.prompt}</p>}
      </section>
      <Facts task={task} />
      <Timeline videoId={task.videoId} />
    </Dialog>
  )
}

function Facts ({ task }: { task: Task }) {
  const { task: { facts }, common } = useText()
  const { locale } = useLocale()
  const rows: Array<[string, string | null]> = [
    [facts.model, task.model],
    [facts.channel, task.channelId],
    [facts.shape, [task.size ?? task.aspectRatio, task.duration && `${task.duration} s`].filter(Boolean).join(' · ') || null],
    [facts.attempt, String(task.attempt)],
    [facts.polls, String(task.pollCount)],
    [facts.created, fullTime(task.createdAt, locale)],
    [facts.completed, task.completedAt && fullTime(task.completedAt, locale)],
    [facts.expires, task.expiresAt && fullTime(task.expiresAt, locale)]
  ]
  return (
    <section aria-label={facts.title} className='text-sm'>
      <dl className='grid grid-cols-[auto_1fr] gap-x-4 gap-y-1'>
        {rows.map(([name, value]) => value && <Fact key={name} name={name}>{value}</Fact>)}
        <Fact name={facts.videoId}><CopyText text={task.videoId} /></Fact>
        <Fact name={facts.externalTaskId}>{task.externalTaskId ? <CopyText text={task.externalTaskId} /> : common.none}</Fact>
      </dl>
      <details className='mt-2'>
        <summary className='cursor-pointer text-dim'>{facts.metadata}</summary>
        <pre tabIndex={0} className='mt-1 overflow-x-auto rounded-lg bg-raised p-3 text-xs'>{JSON.stringify(task.metadata, null, 2)}</pre>
      </details>
    </section>
  )
}

function Fact ({ name, children }: { name: string, children: React.ReactNode }) {
  return (
    <>
      <dt className='text-dim'>{name}</dt>
      <dd className='min-w-0 wrap-anywhere'>{children}</dd>
    </>
  )
}
