import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { refreshNewest } from '../live/task-lists.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { Problem } from '../ui/problem.tsx'
import { batchKey, fetchStanding, isRunning } from './standing.ts'

/** A batch as one thing: how far it is, as the stream tells, and its failures tried again. */
export function BatchProgress ({ batchId, onClose }: { batchId: string, onClose: () => void }) {
  const { batch: words, common, status } = useText()
  const client = useQueryClient()
  const params = { params: { path: { batchId } } }
  const batch = useQuery({ queryKey: batchKey(batchId), queryFn: () => fetchStanding(batchId) })
  const again = { onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: batchKey(batchId) }), refreshNewest(client)]) }
  const retry = useMutation({ mutationFn: () => unwrap(api.POST('/api/video/batches/{batchId}/retry', params)), ...again })
  const cancel = useMutation({ mutationFn: () => unwrap(api.POST('/api/video/batches/{batchId}/cancel', params)), ...again })
  const { counts, progress = 0 } = batch.data ?? {}
  return (
    <section aria-label={words.progress} className='flex flex-col gap-2 rounded-2xl border bg-surface p-4 text-sm'>
      <div className='flex flex-wrap items-center gap-2'>
        <h2 className='font-semibold'>{words.progress}</h2>
        {counts && Object.entries(counts).filter(([, count]) => count > 0).map(([name, count]) => <span key={name} className='text-dim'>{status[name as keyof typeof status] ?? name} {count}</span>)}
        <span className='ml-auto' />
        {counts && isRunning(batch.data!) && <Button size='small' disabled={cancel.isPending} onClick={() => cancel.mutate()}>{words.cancel}</Button>}
        {counts && counts.FAILED > 0 && <Button size='small' disabled={retry.isPending} onClick={() => retry.mutate()}><Icon name='retry' />{words.retry}</Button>}
        <Button look='quiet' size='small' onClick={onClose} aria-label={common.close}><Icon name='close' /></Button>
      </div>
      <div role='progressbar' aria-label={words.progress} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(progress)} className='h-2 overflow-hidden rounded-full bg-raised'>
        <div className='h-full w-full origin-left rounded-full bg-accent transition-transform' style={{ transform: `scaleX(${progress / 100})` }} />
      </div>
      <Problem error={batch.error ?? retry.error ?? cancel.error} />
    </section>
  )
}
