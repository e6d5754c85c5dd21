import t from 'tap'
import { check } from './checker.ts'
import type { Evidence, HistoryEntry, Operation, Reply, TaskEvidence } from './evidence.ts'

const cursor = (id: number) => `epoch-${700 + id}-${id}`

const BY = { by: 'alice' }
const replyTo = (operation: Operation, status: number, rest: Partial<Reply> = {}): HistoryEntry => ({ at: 5, type: 'reply', operation, ...BY, status, ...rest })
const hook = (id: string, videoId: string, status: string): Extract<HistoryEntry, { type: 'hook' }> =>
  ({ at: 6, type: 'hook', receiver: 'alice', id, videoId, status, attempt: 1, digest: `${videoId} ${status}`, verified: true, taken: true })

/** A run in which all went well: one video, one remix of it that was cancelled, a watcher who was cut off once, a webhook that was told one thing twice. */
function goodRun (): Evidence {
  const task = { owner: 'alice', deleted: false, attempt: 1, model: 'sora-2', error_code: null, remix_from_external: null }
  const event = (id: number, taskId: string, status: TaskEvidence['status']) => ({ id: String(id), xid: String(700 + id), task_id: taskId, attempt: 1, status, stage: status === 'QUEUED' ? 'accepted' : status.toLowerCase(), error_code: null })
  const frame = (id: number, videoId: string, status: string): HistoryEntry => ({ at: id, type: 'frame', watcher: 1, ...BY, cursor: cursor(id), videoId, status, attempt: 1 })
  return {
    askable: true,
    ledger: [
      { externalTaskId: 'up_1', prompt: 'a cat', reference: 'video_1-1', sourceId: null, status: 'completed' },
      { externalTaskId: 'up_2', prompt: 'a red cat', reference: 'video_2-1', sourceId: 'up_1', status: 'cancelled' }
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
      { at: 0, type: 'opened', watcher: 1, ...BY, cursor: 'epoch-701-9223372036854775807' },
      frame(2, 'video_1', 'PROCESSING'), frame(3, 'video_1', 'COMPLETED'),
      { at: 3, type: 'opened', watcher: 1, ...BY, cursor: cursor(3) },
      frame(3, 'video_1', 'COMPLETED'), frame(4, 'video_2', 'QUEUED'), frame(5, 'video_2', 'PROCESSING'), frame(6, 'video_2', 'CANCELLED'),
      replyTo('create', 201, { videoId: 'video_1', prompt: 'a cat', key: 'k' }),
      replyTo('create', 201, { videoId: 'video_1', prompt: 'a cat', key: 'k' }),
      replyTo('create', 503, { code: 'DATABASE_UNAVAILABLE', retryAfter: '2' }),
      replyTo('remix', 201, { subject: 'video_1', videoId: 'video_2', prompt: 'a red cat' }),
      replyTo('cancel', 200, { subject: 'video_2', outcome: 'cancelled', state: 'CANCELLED' }),
      replyTo('trespass', 404, { by: 'bob', subject: 'video_1', code: 'TASK_NOT_FOUND' }),
      { ...hook('1', 'video_1', 'QUEUED'), taken: false },
      hook('1', 'video_1', 'QUEUED'), hook('2', 'video_1', 'PROCESSING'), hook('3', 'video_1', 'COMPLETED'),
      hook('4', 'video_2', 'QUEUED'), hook('5', 'video_2', 'PROCESSING'), hook('6', 'video_2', 'CANCELLED'),
      { at: 3, type: 'recovered', server: 'server-1', ms: 400 },
      { at: 9, type: 'exit', server: 'server-1', code: 0, signal: null, explained: true, afterSigtermMs: 700 }
    ],
    receivers: ['alice'],
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
  ['an acknowledged task that is gone', ['acknowledgedTasksExist'], run => run.history.push(replyTo('create', 201, { videoId: 'video_9' }))],
  ['an acknowledged task that cannot be read', ['deletedTasksStayDeleted'], run => run.history.push(replyTo('read', 404, { subject: 'video_1', code: 'TASK_NOT_FOUND' }))],
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
  ['an attempt sent twice', ['nothingIsPaidTwice'], run => run.ledger.push({ ...run.ledger[0]!, externalTaskId: 'up_3' })],
  ['a second attempt that nobody asked for', ['nothingIsSentBlindly'], run => sendAgain(run, 'unknown')],
  ['a second attempt where the provider cannot be asked', ['nothingIsSentBlindly'], run => {
    run.askable = false
    sendAgain(run, 'unsent')
  }],
  ['a task more than was asked for', ['nothingIsMadeUnasked'], run => {
    run.history = run.history.filter(entry => entry.type !== 'reply' || entry.prompt !== 'a cat')
    run.history.push(replyTo('create', 400, { prompt: 'a cat', code: 'REQUEST_INVALID' }))
  }],
  ['a finished video whose task failed at the provider', ['nothingPaidIsGivenUp'], run => {
    run.tasks[0]!.status = run.events[2]!.status = 'FAILED'
    run.tasks[0]!.error_code = 'UPSTREAM_LOST'
    for (const entry of run.history) if ((entry.type === 'frame' || entry.type === 'hook') && entry.status === 'COMPLETED') entry.status = 'FAILED'
  }],
  ['a retry that is lost', ['retriesAreKept'], run => run.history.push(replyTo('retry', 201, { subject: 'video_2', videoId: 'video_2' }))],
  ['a cancel that was none', ['cancelsAreTruthful'], run => run.history.push(replyTo('cancel', 200, { subject: 'video_1', outcome: 'cancelled', state: 'CANCELLED' }))],
  ['a cancel of which the provider knows nothing', ['cancelsAreTruthful'], run => { run.ledger[1]!.status = 'completed' }],
  ['a cancel that nobody asked for', ['cancelsAreTruthful'], run => { run.history = run.history.filter(entry => entry.type !== 'reply' || entry.operation !== 'cancel') }],
  ['a deleted task that is still there', ['deletedTasksStayDeleted'], run => run.history.push(replyTo('delete', 200, { subject: 'video_1', prompt: 'a cat' }))],
  ['a deleted task that comes back', ['deletedTasksStayDeleted'], run => {
    deleteFirst(run)
    run.history.push(replyTo('read', 200, { subject: 'video_1', videoId: 'video_1' }))
  }],
  ['a task that nobody deleted and that is gone', ['deletedTasksStayDeleted'], run => { run.tasks[0]!.deleted = true }],
  ['a task shown to a stranger', ['foreignTasksStayHidden'], run => run.history.push(replyTo('trespass', 200, { by: 'bob', subject: 'video_1' }))],
  ['an answer with another\'s task', ['foreignTasksStayHidden'], run => run.history.push(replyTo('read', 200, { by: 'bob', subject: 'video_9', videoId: 'video_1' }))],
  ['a change of which no webhook told', ['webhooksAreComplete'], run => { run.history = run.history.filter(entry => entry.type !== 'hook' || entry.id !== '5') }],
  ['a webhook that was never taken', ['webhooksAreComplete'], run => { for (const entry of run.history) if (entry.type === 'hook' && entry.id === '5') entry.taken = false }],
  ['a change told under two ids', ['webhooksAreComplete'], run => run.history.push(hook('7', 'video_1', 'COMPLETED'))],
  ['a webhook about what never was', ['webhooksAreComplete'], run => run.history.push(hook('7', 'video_1', 'FAILED'))],
  ['a webhook that changes its words', ['webhooksAreComplete'], run => run.history.push({ ...hook('3', 'video_1', 'COMPLETED'), digest: 'other words' })],
  ['a webhook with a wrong signature', ['webhooksAreComplete'], run => run.history.push({ ...hook('3', 'video_1', 'COMPLETED'), verified: false })],
  ['a webhook in foreign hands', ['webhooksAreComplete'], run => run.history.push({ ...hook('3', 'video_1', 'COMPLETED'), receiver: 'bob' })],
  ['a stream that shows another\'s change', ['streamsAreComplete'], run => { run.tasks[1]!.owner = 'bob' }],
  ['a key answered with two tasks', ['keysMakeOneTask'], run => run.history.push(replyTo('create', 201, { videoId: 'video_2', prompt: 'a cat', key: 'k' }))],
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
  ['an answer of 500', ['repliesAreClear'], run => run.history.push(replyTo('create', 500, { code: 'INTERNAL_ERROR' }))],
  ['a 503 that does not say when to come again', ['repliesAreClear'], run => run.history.push(replyTo('create', 503, { code: 'DATABASE_UNAVAILABLE' }))],
  ['an error without a code', ['repliesAreClear'], run => run.history.push(replyTo('create', 502))],
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
  t.test(`${title} is found`, async t => {
    // One wrong thing often breaks more than one promise.
    const broken = brokenBy(change)
    t.same(rules.filter(rule => !broken.includes(rule)), [], `broken: ${broken}`)
  })
}

t.test('what a client missed before an honest reset is forgiven', async t => {
  t.same(brokenBy(run => {
    run.history = [
      ...run.history.filter(entry => !('watcher' in entry)),
      { at: 0, type: 'opened', watcher: 1, ...BY, cursor: 'epoch-701-9223372036854775807' },
      { at: 1, type: 'opened', watcher: 1, ...BY, cursor: 'epoch-705-9223372036854775807' },
      { at: 1, type: 'reset', watcher: 1, ...BY },
      { at: 6, type: 'frame', watcher: 1, ...BY, cursor: cursor(6), videoId: 'video_2', status: 'CANCELLED', attempt: 1 }
    ]
  }), [])
})

t.test('a doubt that is shown excuses a video that nobody holds, and only one', async t => {
  const doubt = (run: Evidence) => {
    run.askable = false
    Object.assign(run.tasks[1]!, { status: 'FAILED', error_code: 'SUBMISSION_UNCONFIRMED', external_task_id: null })
    Object.assign(run.attempts[1]!, { state: 'unknown', external_task_id: null })
    run.events[5]!.status = 'FAILED'
    forgetHistory(run)
  }
  t.same(brokenBy(doubt), [])
  t.same(brokenBy(run => {
    doubt(run)
    run.ledger.push({ ...run.ledger[1]!, externalTaskId: 'up_3', reference: null })
  }), ['nothingIsPaidTwice'])
})

t.test('a doubtful failure may end well after all', async t => {
  t.same(brokenBy(run => {
    run.tasks[1]!.status = run.events[5]!.status = 'COMPLETED'
    run.events[4]!.status = 'FAILED'
    run.events[4]!.error_code = 'DEADLINE_EXCEEDED'
    forgetHistory(run)
  }), [])
})

t.test('a second attempt is right when somebody asked for it, and when the provider knows nothing of the first', async t => {
  t.same(brokenBy(run => {
    sendAgain(run, 'accepted')
    run.history.push(replyTo('retry', 201, { subject: 'video_2', videoId: 'video_2' }))
  }), [])
  t.same(brokenBy(run => {
    sendAgain(run, 'unsent')
    run.attempts[1]!.external_task_id = null
    run.ledger.splice(1, 1)
  }), [])
})

t.test('a deleted task keeps its video, its ids and its children', async t => {
  t.same(brokenBy(deleteFirst), [])
})

/** The remix, cancelled, is sent a second time; `state` is what became of the first. */
function sendAgain (run: Evidence, state: string): void {
  run.attempts[1]!.state = state
  run.tasks[1]!.attempt = 2
  run.tasks[1]!.external_task_id = 'up_3'
  run.attempts.push({ task_id: 'video_2', attempt: 2, state: 'accepted', external_task_id: 'up_3', adopted: false })
  run.ledger.push({ ...run.ledger[1]!, externalTaskId: 'up_3', reference: 'video_2-2' })
  for (const status of ['QUEUED', 'PROCESSING', 'CANCELLED'] as const) run.events.push({ ...run.events[5]!, id: String(run.events.length + 1), xid: String(run.events.length + 701), attempt: 2, status })
  forgetHistory(run)
  run.history.push(replyTo('cancel', 200, { subject: 'video_2', outcome: 'cancelled', state: 'CANCELLED' }))
}

function deleteFirst (run: Evidence): void {
  Object.assign(run.tasks[0]!, { deleted: true, prompt: '' })
  run.history.push(replyTo('delete', 200, { subject: 'video_1', prompt: 'a cat' }), replyTo('read', 404, { subject: 'video_1' }))
}

/** For a run whose end is another one than the clients saw. */
function forgetHistory (run: Evidence): void {
  run.receivers = []
  run.history = []
}

/** The watcher's last frame. */
function fixFrame (run: Evidence, status: string): void {
  const last = run.history.findLast(entry => entry.type === 'frame')
  if (last) last.status = status
}
