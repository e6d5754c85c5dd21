import { lazy, Suspense, useState } from 'react'
import { useLocation } from 'wouter'
import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { useTaskActions } from '../task/actions.ts'
import { isActive } from '../task/is-active.ts'
import { buttonClasses } from '../ui/button.tsx'
import { copy } from '../ui/copy.ts'
import { Icon } from '../ui/icon.tsx'
import { Menu } from '../ui/menu.tsx'
import { useToast } from '../ui/toast.tsx'

const ConfirmDialog = lazy(async () => ({ default: (await import('../ui/confirm.tsx')).ConfirmDialog }))

/** Everything else that can be done to a task. */
export function TaskMenu ({ task, onOpen }: { task: Task, onOpen: (task: Task) => void }) {
  const { task: words, common } = useText()
  const { cancel, retry, remove } = useTaskActions()
  const toast = useToast()
  const [deleting, setDeleting] = useState(false)
  const [, navigate] = useLocation()
  const { videoId, status } = task
  const report = { onError: toast.problem }
  const mayRetry = status === 'FAILED' || status === 'CANCELLED' || task.stage === 'quarantined'
  const acceptDuplicateRisk = task.errorCode === 'SUBMISSION_UNCONFIRMED'
  return (
    <>
      <Menu
        label={words.actions} className={buttonClasses('quiet', 'small')} trigger={<Icon name='more' />}
        items={[
          { label: words.details, onSelect: () => onOpen(task) },
          { label: words.lineage, onSelect: () => navigate(`/lineage/${videoId}`) },
          { label: words.copyId, onSelect: () => { copy(videoId).then(() => toast.show(common.copied)) } },
          { label: words.download, disabled: !task.videoUrl, onSelect: () => download(task) },
          ...isActive(task) ? [{ label: words.cancel, onSelect: () => cancel.mutate(videoId, { ...report, onSuccess: ({ outcome }) => toast.show(words.cancelOutcome[outcome]) }) }] : [],
          ...mayRetry ? [{ label: acceptDuplicateRisk ? words.retryAtRisk : words.retry, onSelect: () => retry.mutate({ videoId, acceptDuplicateRisk }, report) }] : [],
          { label: common.delete, danger: true, onSelect: () => setDeleting(true) }
        ]}
      />
      {deleting && <Suspense><ConfirmDialog label={common.delete} question={words.deleteQuestion} onConfirm={() => remove.mutate(videoId, report)} onClose={() => setDeleting(false)} /></Suspense>}
    </>
  )
}

function download ({ videoUrl, videoId }: Task): void {
  const link = document.createElement('a')
  link.href = `/api/video/tasks/${videoId}/content?download=1`
  if (videoUrl) link.click()
}
