import { useQueries } from '@tanstack/react-query'
import { api, ApiError, unwrapAs, type Task } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'

type Rehearsal = components['schemas']['Rehearsal']

/** Of more sources than this only the first are asked about: they are mostly of one kind. */
const MAX_ASKED = 24

/** What the server says of remixing each of these, with nothing sent and nothing paid for. */
export function useRehearsals (sources: Task[]) {
  const answers = useQueries({
    queries: sources.slice(0, MAX_ASKED).map(source => ({ queryKey: ['rehearsal', source.videoId], queryFn: () => rehearse(source), staleTime: 60_000, gcTime: 0 }))
  })
  const seconds = answers.flatMap(({ data }) => data?.estimatedSeconds ?? [])
  return {
    /** Why a source cannot be remixed, by its place. What may pass by itself is not an obstacle. */
    obstacles: answers.map(({ error }) => error instanceof ApiError && error.status >= 400 && error.status < 429 ? error : undefined),
    warnings: [...new Set(answers.flatMap(({ data }) => data?.warnings ?? []))],
    /** How long the slowest is expected to take; undefined while that is not known. */
    estimatedSeconds: seconds.length > 0 ? Math.round(Math.max(...seconds)) : undefined
  }
}

function rehearse ({ videoId, prompt }: Task): Promise<Rehearsal> {
  return unwrapAs(api.POST('/api/video/tasks/{videoId}/remix', { params: { path: { videoId } }, body: { prompt, dryRun: true } }))
}
