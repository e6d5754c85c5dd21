import t from 'tap'
import { check } from './checker.ts'
import type { Evidence, HistoryEntry, TaskEvidence } from './evidence.ts'

const cursor = (id: number) => `epoch-${700 + id}-${id}`

/** A run in which all went well: one video, one remix of it, a watcher who was cut off once. */
function goodRun (): Evidence {
  const task = { attempt: 1, model: 'sora-2', error_code: null, remix_from_external: null }
  const event = (id: number, taskId: string, status: TaskEvidence['status']) => ({ id: String(id), xid: String(700 + id), task_id: taskId, attempt: 1, status, error_code: null })
  const frame = (id: number, videoId: string, status: string): HistoryEntry => ({ at: id, type: 'frame', watcher: 1, cursor: cursor(id), videoId, status, attempt: 1 })
  return {
    askable: true,
    ledger: [
      { externalTaskId: 'up_1', prompt: 'a cat', reference: 'video_1-1', sourceId: null },
      { externalTaskId: 'up_2', prompt: 'a red cat', reference: 'video_2-1', sourceId: 'up_1' }
    ],
    tasks: [
      { ...task, id: 'video_1', status: 'COMPLETED', prompt: 'a cat', external_task_id: 'up_1' },
      { ...task, id: 'video_2', status: 'CANCELLED', prompt: 'a red cat', external_task_id: 'up_2', remix_from_external: 'up_1' }
    ],
    attempts: [
      { task_id: 'video_1', attempt: 1, state: 'accepted', external_task_id: 'up_1', adopted: false },
      { task_id: 'video_2', attempt: 1, state: 'accepted', external_task_id: 'up_2', adopted: false }
    ],
    events: [
      event(1, 'video_1', 'QUEUED'), event(2, 'video_1', 'PROCESSING'), event(3, 'video_1', 'COMPLETED'),
      event(4, 'video_2', 'QUEUED'), event(5, 'video_2', 'PROCESSING'), event(6, 'video_2', 'CANCELLED')
    ],
    history: [
      { at: 0, type: 'opened', watcher: 1, cursor: 'epoch-701-9223372036854775807' },
      frame(2, 'video_1', 'PROCESSING'), frame(3, 'video_1', 'COMPLETED'),
      { at: 3, type: 'opened', watcher: 1, cursor: cursor(3) },
      frame(3, 'video_1', 'COMPLETED'), frame(4, 'video_2', 'QUEUED'), frame(5, 'video_2', 'PROCESSING'), frame(6, 'video_2', 'CANCELLED'),
      { at: 0, type: 'reply', operation: 'create', status: 201, videoId: 'video_1', prompt: 'a cat', key: 'k' },
      { at: 1, type: 'reply', operation: 'create', status: 201, videoId: 'video_1', prompt: 'a cat', key: 'k' },
      { at: 2, type: 'reply', operation: 'create', status: 503, code: 'DATABASE_UNAVAILABLE', retryAfter: '2' },
      { at: 3, type: 'recovered', server: 'server-1', ms: 400 },
      { at: 9, type: 'exit', server: 'server-1', code: 0, signal: null, explained: true, afterSigtermMs: 700 }
    ],
    complaints: []
  }
}

/** The rules broken by the good run with one thing changed. */
function brokenBy (change: (run: Evidence) => void): string[] {
  const run = goodRun()
  change(run)
  return [...new Set(check(run).map(violation => violation.rule))]
}

t.test('a good run breaks no rule', async t => {
  t.same(check(goodRun()), [])
})

const WRONG: Array<[title: string, rules: string[], change: (run: Evidence) => void]> = [
  ['an acknowledged task that is gone', ['acknowledgedTasksExist'], run => run.history.push({ at: 1, type: 'reply', operation: 'create', status: 201, videoId: 'video_9' })],
  ['an acknowledged task that cannot be read', ['acknowledgedTasksExist'], run => run.history.push({ at: 1, type: 'reply', operation: 'read', status: 404, code: 'TASK_NOT_FOUND' })],
  ['a task that still runs', ['tasksEndClearly'], run => {
    run.tasks[1]!.status = 'PROCESSING'
    run.events.pop()
  }],
  ['a failure without a code', ['tasksEndClearly'], run => { run.tasks[1]!.status = run.events[5]!.status = 'FAILED'; fixFrame(run, 'FAILED') }],
  ['a failure with a code nobody knows', ['tasksEndClearly'], run => {
    run.tasks[1]!.status = run.events[5]!.status = 'FAILED'
    run.tasks[1]!.error_code = 'WHATEVER' as never
    fixFrame(run, 'FAILED')
  }],
  ['swapped videos of equal prompts', ['videosBelongToTheirTasks'], run => {
    for (const part of [...run.tasks, ...run.ledger]) part.prompt = 'a cat'
    run.tasks[1]!.remix_from_external = run.ledger[1]!.sourceId = null
    for (const part of [run.tasks, run.attempts]) [part[0]!.external_task_id, part[1]!.external_task_id] = ['up_2', 'up_1']
    run.history = run.history.filter(entry => entry.type !== 'reply')
  }],
  ['adopted videos of each other\'s prompts', ['videosBelongToTheirTasks'], run => {
    for (const attempt of run.attempts) attempt.adopted = true;
    [run.ledger[0]!.prompt, run.ledger[1]!.prompt] = ['a red cat', 'a cat']
  }],
  ['one video held by two tasks', ['videosBelongToTheirTasks'], run => run.attempts.push({ ...run.attempts[0]!, attempt: 2 })],
  ['an external id that the provider never gave', ['videosBelongToTheirTasks', 'nothingIsPaidTwice'], run => { run.tasks[0]!.external_task_id = run.attempts[0]!.external_task_id = 'up_7' }],
  ['a remix of another source', ['videosBelongToTheirTasks'], run => { run.ledger[1]!.sourceId = 'up_0' }],
  ['a task that shows another id than its attempt', ['videosBelongToTheirTasks'], run => { run.tasks[0]!.external_task_id = 'up_2' }],
  ['a video paid for twice', ['nothingIsPaidTwice'], run => run.ledger.push({ ...run.ledger[0]!, externalTaskId: 'up_3', reference: 'video_1-2' })],
  ['a paid video that nobody knows of', ['nothingIsPaidTwice'], run => { run.tasks[0]!.external_task_id = run.attempts[0]!.external_task_id = null }],
  ['a second attempt where the provider cannot be asked', ['nothingIsPaidTwice'], run => {
    run.askable = false
    run.tasks[0]!.attempt = run.attempts[0]!.attempt = 2
    for (const event of run.events.slice(0, 3)) event.attempt = 2
    run.events[0]!.attempt = 1
    run.ledger[0]!.reference = null
    run.events.splice(1, 0, { ...run.events[0]!, attempt: 2, id: '1', xid: '701' })
  }],
  ['a key answered with two tasks', ['keysMakeOneTask'], run => run.history.push({ at: 4, type: 'reply', operation: 'create', status: 201, videoId: 'video_2', prompt: 'a cat', key: 'k' })],
  ['a last event that says something else', ['eventsTellTheStatus'], run => { run.tasks[1]!.status = 'COMPLETED' }],
  ['a cancelled task that completes', ['transitionsAreLegal', 'streamsAreComplete'], run => {
    run.tasks[1]!.status = 'COMPLETED'
    run.events.push({ ...run.events[5]!, id: '7', xid: '707', status: 'COMPLETED' })
  }],
  ['a failure without a doubt that completes', ['transitionsAreLegal'], run => {
    run.tasks[1]!.status = run.events[5]!.status = 'COMPLETED'
    run.events[4]!.status = 'FAILED'
    run.events[4]!.error_code = 'UPSTREAM_FAILED'
    run.history = run.history.filter(entry => !('watcher' in entry))
  }],
  ['an answer of 500', ['repliesAreClear'], run => run.history.push({ at: 5, type: 'reply', operation: 'create', status: 500, code: 'INTERNAL_ERROR' })],
  ['a 503 that does not say when to come again', ['repliesAreClear'], run => run.history.push({ at: 5, type: 'reply', operation: 'create', status: 503, code: 'DATABASE_UNAVAILABLE' })],
  ['an error without a code', ['repliesAreClear'], run => run.history.push({ at: 5, type: 'reply', operation: 'create', status: 502 })],
  ['a server that stays away after Postgres is back', ['serversRecover'], run => run.history.push({ at: 5, type: 'recovered', server: 'server-2', ms: 5_001 })],
  ['a server that ends by itself', ['serversStopInTime'], run => run.history.push({ at: 5, type: 'exit', server: 'server-2', code: 1, signal: null, explained: false })],
  ['a server that takes too long to stop', ['serversStopInTime'], run => run.history.push({ at: 5, type: 'exit', server: 'server-2', code: 0, signal: null, explained: true, afterSigtermMs: 15_001 })],
  ['a server that fails while it stops', ['serversStopInTime'], run => run.history.push({ at: 5, type: 'exit', server: 'server-2', code: 1, signal: null, explained: true, afterSigtermMs: 100 })],
  ['an error that reached nobody', ['nothingIsUnhandled'], run => run.complaints.push('server-1: UnhandledPromiseRejection')],
  ['a change that a stream left out', ['streamsAreComplete'], run => { run.history = run.history.filter(entry => entry.type !== 'frame' || entry.cursor !== cursor(5)) }],
  ['a stream in the wrong order', ['streamsAreComplete'], run => {
    const at = run.history.findIndex(entry => entry.type === 'frame' && entry.cursor === cursor(2))
    run.history.splice(at, 2, run.history[at + 1]!, run.history[at]!)
  }],
  ['a stream that says something else than the log', ['streamsAreComplete'], run => fixFrame(run, 'COMPLETED')]
]

for (const [title, rules, change] of WRONG) {
  t.test(`${title} is found`, async t => t.same(brokenBy(change), rules))
}

t.test('what a client missed before an honest reset is forgiven', async t => {
  t.same(brokenBy(run => {
    run.history = [
      { at: 0, type: 'opened', watcher: 1, cursor: 'epoch-701-9223372036854775807' },
      { at: 1, type: 'opened', watcher: 1, cursor: 'epoch-705-9223372036854775807' },
      { at: 1, type: 'reset', watcher: 1 },
      { at: 6, type: 'frame', watcher: 1, cursor: cursor(6), videoId: 'video_2', status: 'CANCELLED', attempt: 1 }
    ]
  }), [])
})

t.test('a doubt that is shown excuses a video that nobody holds, and only one', async t => {
  const doubt = (run: Evidence) => {
    run.askable = false
    Object.assign(run.tasks[1]!, { status: 'FAILED', error_code: 'SUBMISSION_UNCONFIRMED', external_task_id: null })
    Object.assign(run.attempts[1]!, { state: 'unknown', external_task_id: null })
    run.events[5]!.status = 'FAILED'
    fixFrame(run, 'FAILED')
  }
  t.same(brokenBy(doubt), [])
  t.same(brokenBy(run => {
    doubt(run)
    run.ledger.push({ ...run.ledger[1]!, externalTaskId: 'up_3' })
  }), ['nothingIsPaidTwice'])
})

t.test('a doubtful failure may end well after all', async t => {
  t.same(brokenBy(run => {
    run.tasks[1]!.status = run.events[5]!.status = 'COMPLETED'
    run.events[4]!.status = 'FAILED'
    run.events[4]!.error_code = 'DEADLINE_EXCEEDED'
    run.history = run.history.filter(entry => !('watcher' in entry))
  }), [])
})

/** The watcher's last frame. */
function fixFrame (run: Evidence, status: string): void {
  const last = run.history.findLast(entry => entry.type === 'frame')
  if (last) last.status = status
}
