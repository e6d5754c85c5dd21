import type { TestApp } from './app.ts'
import { SANDBOX_KEY, type SandboxUpstream } from './sandbox-upstream.ts'

/** A channel of the administrator's for a provider of the test's own; its id. `more` are other fields of the API. */
export async function addChannel ({ admin }: TestApp, { type, baseUrl }: Pick<SandboxUpstream, 'type' | 'baseUrl'>, more: object = {}): Promise<string> {
  const body = { name: `channel ${crypto.randomUUID()}`, type, baseUrl, apiKey: SANDBOX_KEY, ...more }
  const created = await admin.post('/api/channels', body)
  if (created.statusCode !== 201) throw new Error(created.body)
  return created.json().data.id
}

export async function changeChannel ({ admin }: TestApp, id: string, changes: object): Promise<void> {
  const changed = await admin.inject({ method: 'PATCH', url: `/api/channels/${id}`, payload: changes })
  if (changed.statusCode !== 200) throw new Error(changed.body)
}

interface Move { movedFrom?: string, because?: string, choice?: { channelId: string, reason: string, waits?: string, passedOver?: object } }

/** What the timeline says of where the task went, and why. */
export async function readMoves ({ admin }: TestApp, videoId: string): Promise<Move[]> {
  const { events } = (await admin.get(`/api/video/tasks/${videoId}/events`)).json().data
  return events.map((event: { detail: Move | null }) => event.detail).filter((detail: Move | null) => detail?.choice)
}
