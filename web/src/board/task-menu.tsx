import { useState } from 'react'
import { useLocation } from 'wouter'
import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { DeleteTask } from '../task/delete-task.tsx'
import { useTaskChanges } from '../task/use-task-changes.ts'
import { buttonClasses } from '../ui/button.tsx'
import { useCopy } from '../ui/copy.ts'
import { Icon } from '../ui/icon.tsx'
import { Menu } from '../ui/menu.tsx'

/** Everything else that can be done to a task. */
export function TaskMenu ({ task, onOpen }: { task: Task, onOpen: (task: Task) => void }) {
  const { task: words } = useText()
  const copy = useCopy()
  const [deleting, setDeleting] = useState(false)
  const changes = useTaskChanges(task, () => setDeleting(true))
  const [, navigate] = useLocation()
  const { videoId } = task
  return (
    <>
      <Menu
        label={words.actions} className={buttonClasses('quiet', 'small')} trigger={<Icon name='more' />}
        items={[
          { label: words.details, onSelect: () => onOpen(task) },
          { label: words.lineage, onSelect: () => navigate(`/lineage/${videoId}`) },
          { label: words.copyId, onSelect: () => copy(videoId) },
          { label: words.download, disabled: !task.videoUrl, onSelect: () => download(task) },
          ...changes
        ]}
      />
      {deleting && <DeleteTask videoId={videoId} onClose={() => setDeleting(false)} />}
    </>
  )
}

function download ({ videoUrl, videoId }: Task): void {
  const link = document.createElement('a')
  link.href = `/api/video/tasks/${videoId}/content?download=1`
  if (videoUrl) link.click()
}
