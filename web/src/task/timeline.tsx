import { useQuery } from '@tanstack/react-query'
import { api, unwrapAs } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { Problem } from '../ui/problem.tsx'
import { StatusBadge } from './status-badge.tsx'
import { timeOfDay } from './time.ts'

type TimelineEvent = components['schemas']['TaskEvent']

/** What happened to a task, oldest first; the provider's own words are folded away. */
export function Timeline ({ videoId }: { videoId: string }) {
  const { task: words } = useText()
  const { data, error } = useQuery({
    // Below the task's own key: what changes the task changes this.
    queryKey: ['task', videoId, 'events'],
    queryFn: () => fetchTimeline(videoId),
    staleTime: 0
  })
  return (
    <section aria-label={words.timeline} className='flex flex-col gap-2'>
      <h3 className='text-sm font-semibold'>{words.timeline}</h3>
      <Problem error={error} />
      <ol className='flex flex-col gap-3 border-l pl-4'>
        {data?.events.map((event, index) => <Line key={index} event={event} />)}
      </ol>
    </section>
  )
}

/** The same address is also a stream; asked for JSON it is the list. */
function fetchTimeline (videoId: string) {
  return unwrapAs<{ events: TimelineEvent[] }>(api.GET('/api/video/tasks/{videoId}/events', { params: { path: { videoId } }, headers: { accept: 'application/json' } }))
}

function Line ({ event }: { event: TimelineEvent }) {
  const { task: words } = useText()
  const { locale } = useLocale()
  const { kind, status, stage, attempt, error, detail, createdAt } = event
  return (
    <li className='flex flex-col gap-1 text-sm'>
      <div className='flex flex-wrap items-center gap-2'>
        {kind === 'status' ? <StatusBadge status={status} /> : <span className='text-dim'>{words.note}</span>}
        <span className='text-xs text-dim'>{words.stage[stage as keyof typeof words.stage] ?? stage} · {words.attempt(attempt)}</span>
        <time dateTime={createdAt} className='ml-auto text-xs tabular-nums text-dim'>{timeOfDay(createdAt, locale)}</time>
      </div>
      {error && <p>{error}</p>}
      {detail != null && Object.keys(detail).length > 0 && (
        <details className='text-xs'>
          <summary className='cursor-pointer text-dim'>{words.raw}</summary>
          <pre tabIndex={0} className='mt-1 max-h-60 overflow-auto whitespace-pre-wrap rounded-lg bg-raised p-2 wrap-anywhere'>{JSON.stringify(detail, null, 2)}</pre>
        </details>
      )}
    </li>
  )
}
