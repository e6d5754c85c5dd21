import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, unwrap } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { fullTime, relativeTime, useNow } from '../task/time.ts'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Problem } from '../ui/problem.tsx'
import { useToast } from '../ui/toast.tsx'
import { Waiting } from '../ui/waiting.tsx'

type Delivery = components['schemas']['WebhookDelivery']

const LOOKS = { pending: 'text-warn', delivered: 'text-ok', failed: 'text-bad' } as const
const DAY_MS = 86_400_000
/** What is under way ends without anybody being told. */
const LOOK_MS = 3_000

/** What was sent to a webhook and what it answered; sent again by a click. */
export function Deliveries ({ webhookId }: { webhookId: string }) {
  const { webhooks: words, common } = useText()
  const client = useQueryClient()
  const toast = useToast()
  const path = { id: webhookId }
  const list = useInfiniteQuery({
    queryKey: ['webhooks', webhookId, 'deliveries'],
    queryFn: ({ pageParam: cursor }) => unwrap(api.GET('/api/webhooks/{id}/deliveries', { params: { path, query: { limit: 20, cursor } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor ?? undefined,
    staleTime: 0,
    refetchInterval: LOOK_MS
  })
  const refresh = () => client.invalidateQueries({ queryKey: ['webhooks', webhookId, 'deliveries'] })
  const again = useMutation({ mutationFn: (deliveryId: string) => unwrap(api.POST('/api/webhooks/{id}/deliveries/{deliveryId}/redeliver', { params: { path: { ...path, deliveryId } } })), onSuccess: refresh, onError: toast.problem })
  const failed = useMutation({
    mutationFn: () => unwrap(api.POST('/api/webhooks/{id}/redeliver-failed', { params: { path }, body: { since: new Date(Date.now() - DAY_MS).toISOString() } })),
    onSuccess: ({ redelivered }) => { toast.show(words.redelivered(redelivered)); refresh() },
    onError: toast.problem
  })
  const deliveries = list.data?.pages.flatMap(page => page.deliveries) ?? []
  return (
    <div className='flex flex-col gap-2 border-t pt-3'>
      <div className='flex flex-wrap items-center justify-between gap-x-3'>
        <h3 className='text-sm font-semibold'>{words.deliveries}</h3>
        <Button size='small' look='quiet' onClick={() => failed.mutate()}>{words.redeliverFailed}</Button>
      </div>
      <Problem error={list.error} />
      {list.isPending && !list.error && <Waiting />}
      {list.isSuccess && deliveries.length === 0 && <p className='text-sm text-dim'>{words.noDeliveries}</p>}
      <ul className='divide-y text-sm'>
        {deliveries.map(delivery => <DeliveryRow key={delivery.id} delivery={delivery} onAgain={() => again.mutate(delivery.id)} />)}
      </ul>
      {list.hasNextPage && <Button size='small' onClick={() => list.fetchNextPage()}>{common.more}</Button>}
    </div>
  )
}

function DeliveryRow ({ delivery, onAgain }: { delivery: Delivery, onAgain: () => void }) {
  const { webhooks: words } = useText()
  const { locale } = useLocale()
  const { eventType, status, attempts, responseStatus, responseExcerpt, error, createdAt, nextAttemptAt } = delivery
  const now = useNow(1_000, nextAttemptAt !== null)
  const reason = responseStatus === null ? error : status !== 'delivered' && responseExcerpt
  return (
    <li className='flex flex-wrap items-center gap-x-3 gap-y-1 py-2'>
      <code className='text-xs'>{eventType}</code>
      <span className={classes('text-xs font-medium', LOOKS[status])}>{words.deliveryStatus[status]}</span>
      <span className='text-xs text-dim'>{words.tries(attempts)}{responseStatus && ` · HTTP ${responseStatus}`}{nextAttemptAt && attempts > 0 && ` · ${words.nextTry(relativeTime(nextAttemptAt, now, locale))}`}</span>
      <time dateTime={createdAt} className='ml-auto text-xs text-dim'>{fullTime(createdAt, locale)}</time>
      <Button size='small' look='quiet' onClick={onAgain}>{words.again}</Button>
      {reason && <p className='line-clamp-2 basis-full text-xs text-dim wrap-anywhere' title={reason}>{reason}</p>}
    </li>
  )
}
