import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { useModels } from '../models/use-models.ts'
import { useTaskActions } from './actions.ts'
import { isActive } from './is-active.ts'

export interface TaskChange { label: string, icon: 'stop' | 'retry' | 'trash', onSelect: () => void, danger?: boolean }

/** What changes a task, as far as it can be done now: for its menu and for the drawer. `onDelete` asks once more. */
export function useTaskChanges (task: Task, onDelete: () => void): TaskChange[] {
  const { task: words, common } = useText()
  const { cancel, retry } = useTaskActions()
  const mayCancel = useMayCancel(task)
  const { videoId, status } = task
  const mayRetry = status === 'FAILED' || status === 'CANCELLED' || task.stage === 'quarantined'
  const acceptDuplicateRisk = task.errorCode === 'SUBMISSION_UNCONFIRMED'
  return [
    ...mayCancel ? [{ label: words.cancel, icon: 'stop', onSelect: () => cancel.mutate(videoId) }] satisfies TaskChange[] : [],
    ...mayRetry ? [{ label: acceptDuplicateRisk ? words.retryAtRisk : words.retry, icon: 'retry', onSelect: () => retry.mutate({ videoId, acceptDuplicateRisk }) }] satisfies TaskChange[] : [],
    { label: common.delete, icon: 'trash', danger: true, onSelect: onDelete }
  ]
}

/** Before it is sent always, then where its provider can; where that is not known, asking tells. */
function useMayCancel (task: Task): boolean {
  const model = useModels().data?.find(({ name }) => name === task.model)
  const offer = model?.channels.find(({ channelId }) => channelId === task.channelId) ?? model
  return isActive(task) && (task.stage === 'accepted' || offer?.cancel !== false)
}
