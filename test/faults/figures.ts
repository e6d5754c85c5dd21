import type { Evidence } from './evidence.ts'

export type Figures = ReturnType<typeof countUp>

/** How much a run did, to be read beside what it found. */
export function countUp ({ history, tasks, attempts, ledger, events }: Evidence) {
  const ofType = Map.groupBy(history, entry => entry.type)
  const replies = history.filter(entry => entry.type === 'reply')
  const recoveries = history.flatMap(entry => entry.type === 'recovered' ? entry.ms : [])
  return {
    faults: ofType.get('fault')?.length ?? 0,
    failpointsHit: tally(history.flatMap(entry => entry.type === 'exit' ? entry.failpoint ?? [] : [])),
    requests: tally(replies.map(({ operation, status }) => `${operation} ${status}`)),
    unanswered: ofType.get('lost')?.length ?? 0,
    tasks: tasks.length,
    attempts: attempts.length,
    adopted: attempts.filter(({ adopted }) => adopted).length,
    deleted: tasks.filter(({ deleted }) => deleted).length,
    statuses: tally(tasks.map(({ status, error_code: code }) => code ? `${status} ${code}` : status)),
    paid: ledger.length,
    cancels: tally(replies.flatMap(({ operation, outcome }) => operation === 'cancel' ? outcome ?? [] : [])),
    events: events.length,
    framesSeen: ofType.get('frame')?.length ?? 0,
    webhooksReceived: ofType.get('hook')?.length ?? 0,
    recoveries: recoveries.length,
    slowestRecoveryMs: Math.max(0, ...recoveries)
  }
}

function tally (names: string[]): Record<string, number> {
  const counts = Object.groupBy(names, name => name)
  return Object.fromEntries(Object.entries(counts).map(([name, of]) => [name, of!.length]).toSorted())
}
