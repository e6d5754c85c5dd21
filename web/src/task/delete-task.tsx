import { lazy, Suspense } from 'react'
import { useText } from '../i18n/text.tsx'
import { useTaskActions } from './actions.ts'

const ConfirmDialog = lazy(async () => ({ default: (await import('../ui/confirm.tsx')).ConfirmDialog }))

/** Asks whether that was meant, and deletes it. */
export function DeleteTask ({ videoId, onConfirm, onClose }: { videoId: string, onConfirm?: () => void, onClose: () => void }) {
  const { task: words, common } = useText()
  const { remove } = useTaskActions()
  const confirm = () => {
    remove.mutate(videoId)
    onConfirm?.()
  }
  return <Suspense><ConfirmDialog label={common.delete} question={words.deleteQuestion} onConfirm={confirm} onClose={onClose} /></Suspense>
}
