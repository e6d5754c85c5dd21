import { api, unwrap, type Task } from '../api/client.ts'
import { withUpdatesSince } from '../live/recent-updates.ts'

export async function fetchTask (videoId: string): Promise<Task> {
  const askedAt = performance.now()
  const task = await unwrap(api.GET('/api/video/tasks/{videoId}', { params: { path: { videoId } } }))
  return withUpdatesSince([task], askedAt)[0]!
}
