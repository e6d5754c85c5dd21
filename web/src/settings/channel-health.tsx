import { useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { relativeTime, useNow } from '../task/time.ts'
import { Problem } from '../ui/problem.tsx'

const LOOK_MS = 10_000
const MINUTES = 60

/** How a channel does, looked at again and again while it is shown. */
export function ChannelHealth ({ channelId }: { channelId: string }) {
  const { channels: words } = useText()
  const { locale } = useLocale()
  const now = useNow(LOOK_MS)
  const { data, error } = useQuery({ queryKey: ['channels', channelId, 'health'], queryFn: () => unwrap(api.GET('/api/channels/{channelId}/health', { params: { path: { channelId }, query: { minutes: MINUTES } } })), refetchInterval: LOOK_MS })
  if (!data) return <Problem error={error} />
  const { successRate, latencyMs: { complete }, tasks, thisProcess, lastError } = data
  const seconds = (ms: number | null) => ms === null ? '—' : (ms / 1_000).toFixed(1)
  const figures: Array<[string, string]> = [
    [words.health.successRate, successRate === null ? '—' : `${Math.round(successRate * 100)} %`],
    [words.health.duration, `${seconds(complete.p50)} / ${seconds(complete.p95)} s`],
    [words.health.breaker, words.health.breakerState[thisProcess.breaker]],
    [words.health.inFlight, `${tasks.running} · ${words.health.queued(tasks.queued)}`]
  ]
  return (
    <>
      <dl className='grid grid-cols-2 gap-2 text-sm sm:grid-cols-4'>
        {figures.map(([name, value]) => <div key={name} className='rounded-lg bg-raised px-3 py-2'><dt className='text-xs text-dim'>{name}</dt><dd className='tabular-nums'>{value}</dd></div>)}
      </dl>
      {lastError && <p className='text-xs text-dim wrap-anywhere'>{words.health.lastError}: {lastError.message ?? lastError.code} · {relativeTime(lastError.at, now, locale)}</p>}
    </>
  )
}
