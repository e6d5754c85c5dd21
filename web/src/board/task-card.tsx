import { memo, useEffect, useRef } from 'react'
import { Link } from 'wouter'
import type { Task } from '../api/client.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { remixObstacle } from '../task/actions.ts'
import { isActive } from '../task/is-active.ts'
import { Poster } from '../task/poster.tsx'
import { shortId } from '../task/short-id.ts'
import { sourcePath } from '../task/source-path.ts'
import { StatusBadge } from '../task/status-badge.tsx'
import { TaskError } from '../task/task-error.tsx'
import { TaskProgress } from '../task/task-progress.tsx'
import { fullTime, relativeTime, useNow } from '../task/time.ts'
import { Button, buttonClasses } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Icon } from '../ui/icon.tsx'
import { toggleFavourite } from './favourites.ts'
import { TaskMenu } from './task-menu.tsx'

export interface CardHandlers {
  onOpen: (task: Task) => void
  onRemix: (task: Task) => void
  onSelect: (task: Task) => void
}

interface CardProps { task: Task, handlers: CardHandlers, isFavourite: boolean, isSelected: boolean, isCurrent: boolean }

/** One task: what it looks like, how far it is, where it came from, what can be done. Drawn again only when it changed. */
export const TaskCard = memo(function TaskCard ({ task, handlers, isFavourite, isSelected, isCurrent }: CardProps) {
  const { task: words } = useText()
  const obstacle = remixObstacle(task)
  const main = useRef<HTMLButtonElement>(null)
  useEffect(() => { if (isCurrent) takeFocus(main.current!) }, [isCurrent])
  return (
    <article data-task={task.videoId} aria-label={task.prompt} className={classes('group flex h-full flex-col overflow-hidden rounded-2xl border bg-surface transition', isSelected && 'ring-2 ring-accent', isCurrent && 'outline-2 outline-offset-2 outline-accent')}>
      <div className='relative'>
        <button ref={main} type='button' onClick={() => handlers.onOpen(task)} aria-label={words.open(task.prompt)} className='block w-full'>
          <Poster task={task} className='h-40 w-full' />
        </button>
        <label className={classes('absolute left-2 top-2 grid size-7 place-items-center rounded-lg bg-surface/90 transition', !isSelected && 'opacity-0 focus-within:opacity-100 group-hover:opacity-100 [@media(hover:none)]:opacity-100')}>
          <input type='checkbox' checked={isSelected} onChange={() => handlers.onSelect(task)} aria-label={words.select} className='size-4 accent-accent' />
        </label>
        <button type='button' aria-pressed={isFavourite} aria-label={words.favourite} title={words.favourite} onClick={() => toggleFavourite(task.videoId)} className={classes('absolute right-2 top-2 grid size-7 place-items-center rounded-lg bg-surface/90 transition', isFavourite ? 'text-warn' : 'text-dim opacity-0 focus-visible:opacity-100 group-hover:opacity-100 [@media(hover:none)]:opacity-100')}>
          <Icon name='star' filled={isFavourite} />
        </button>
      </div>
      <div className='flex min-h-0 flex-1 flex-col gap-2 p-3'>
        <div className='flex shrink-0 items-center gap-1.5 whitespace-nowrap'>
          <StatusBadge status={task.status} />
          {task.remixedFrom && <Origin task={task} />}
        </div>
        <p dir='auto' className={classes('shrink-0 text-sm wrap-anywhere', task.errorCode || isActive(task) ? 'line-clamp-2' : 'line-clamp-3')} title={task.prompt}>{task.prompt}</p>
        {isActive(task) && <TaskProgress task={task} />}
        {task.stage === 'confirming' && <p className='line-clamp-2 text-xs text-warn'>{words.confirming}</p>}
        <TaskError brief task={task} />
        <div className='mt-auto flex shrink-0 items-center gap-1 pt-1'>
          <Button size='small' disabled={obstacle !== undefined} title={obstacle && words.obstacle[obstacle]} onClick={() => handlers.onRemix(task)}><Icon name='remix' />{words.remix}</Button>
          {task.remixCount > 0 && <Link href={`/lineage/${task.videoId}`} className={buttonClasses('quiet', 'small')} title={words.lineage}><Icon name='lineage' />{task.remixCount}</Link>}
          <Age task={task} />
          <TaskMenu task={task} onOpen={handlers.onOpen} />
        </div>
      </div>
    </article>
  )
})

/** From nobody: whoever writes elsewhere keeps it. */
function takeFocus (button: HTMLButtonElement): void {
  if (document.activeElement === document.body) button.focus({ preventScroll: true })
}

function Origin ({ task }: { task: Task }) {
  const { task: words } = useText()
  return (
    <Link href={sourcePath(task)} className='inline-flex h-6 shrink-0 items-center rounded-full border px-2 text-xs text-dim hover:border-accent hover:text-accent'>
      {words.from(shortId(task.remixedFrom!))}
    </Link>
  )
}

/** Its age is told in seconds. */
function isYoung ({ createdAt }: Task): boolean {
  return Date.now() - Date.parse(createdAt) < 60_000
}

function Age ({ task }: { task: Task }) {
  const { locale } = useLocale()
  const now = useNow(isYoung(task) ? 1_000 : 30_000)
  return <time dateTime={task.createdAt} title={fullTime(task.createdAt, locale)} className='ml-auto min-w-0 truncate text-xs text-dim'>{relativeTime(task.createdAt, now, locale)}</time>
}
