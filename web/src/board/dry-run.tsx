import { useMutation } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { api, unwrapAs } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { Button } from '../ui/button.tsx'
import type { TaskRequest } from './draft.ts'
import type { Plan } from './dry-run-dialog.tsx'

const DryRunDialog = lazy(async () => ({ default: (await import('./dry-run-dialog.tsx')).DryRunDialog }))

/** Shows what would be sent, where, and how long it may take, before anything is paid for. */
export function DryRun ({ request, count, disabled }: { request: TaskRequest, count: number, disabled: boolean }) {
  const { composer } = useText()
  const check = useMutation({ mutationFn: () => unwrapAs<Plan>(api.POST('/api/video/tasks', { body: { ...request, dryRun: true } })) })
  return (
    <>
      <Button look='plain' disabled={disabled} busy={check.isPending} onClick={() => check.mutate()}>{composer.check}</Button>
      {(check.data || check.error) && <Suspense><DryRunDialog plan={check.data} error={check.error} count={count} onClose={check.reset} /></Suspense>}
    </>
  )
}
