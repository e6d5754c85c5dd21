import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { Button, buttonClasses } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { DeleteTask } from './delete-task.tsx'
import { isActive } from './is-active.ts'
import { fetchTask } from './fetch-task.ts'
import { StatusBadge } from './status-badge.tsx'
import { TaskError } from './task-error.tsx'
import { TaskFacts } from './task-facts.tsx'
import { TaskProgress } from './task-progress.tsx'
import { TaskPrompt } from './task-prompt.tsx'
import { Timeline } from './timeline.tsx'
import { useTaskChanges } from './use-task-changes.ts'

/** Everything about one task. */
export function TaskDrawer ({ task: shown, onClose, onRemix }: { task: Task, onClose: () => void, onRemix: (task: Task) => void }) {
  const { task: words } = useText()
  const { data: task = shown } = useQuery({ queryKey: ['task', shown.videoId], queryFn: () => fetchTask(shown.videoId), initialData: shown, initialDataUpdatedAt: 0 })
  const source = useQuery({ queryKey: ['task', task.remixedFrom], queryFn: () => fetchTask(task.remixedFrom!), enabled: task.remixedFrom !== null, retry: false })
  const [deleting, setDeleting] = useState(false)
  const changes = useTaskChanges(task, () => setDeleting(true))
  return (
    <Dialog open onClose={onClose} title={words.type[task.type]} place='side'>
      {task.videoUrl && <video src={task.videoUrl} poster={task.thumbnailUrl ?? undefined} controls playsInline className='max-h-80 w-full rounded-xl bg-black' />}
      <div><StatusBadge status={task.status} /></div>
      <div className='flex flex-wrap gap-2'>
        {task.status === 'COMPLETED' && <button type='button' className={buttonClasses('primary', 'small')} onClick={() => onRemix(task)}><Icon name='remix' />{words.remix}</button>}
        <Link href={`/lineage/${task.videoId}`} onClick={onClose} className={buttonClasses('plain', 'small')}><Icon name='lineage' />{words.lineage}</Link>
        {task.videoUrl && <a href={`/api/video/tasks/${task.videoId}/content?download=1`} className={buttonClasses('plain', 'small')}><Icon name='download' />{words.download}</a>}
        {changes.map(({ label, icon, danger, onSelect }) => <Button key={label} size='small' look={danger ? 'danger' : 'plain'} onClick={onSelect}><Icon name={icon} />{label}</Button>)}
      </div>
      {isActive(task) && <TaskProgress task={task} />}
      <TaskError task={task} />
      <TaskPrompt prompt={task.prompt} sourcePrompt={source.data?.prompt} />
      <TaskFacts task={task} onLeave={onClose} />
      <Timeline videoId={task.videoId} />
      {deleting && <DeleteTask videoId={task.videoId} onConfirm={onClose} onClose={() => setDeleting(false)} />}
    </Dialog>
  )
}
