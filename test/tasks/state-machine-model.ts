import type { TaskStatus } from '../../server/tasks/statuses.ts'

/** What the upstream answers to a submission. `held` answers come later, or never: `made` says whether the job exists by then. */
export type Answer = 'accepted' | 'refused' | 'rateLimited' | 'unsent' | 'lostMade' | 'lostUnmade' | 'heldMade' | 'heldUnmade' | 'idOfAnother'

/** What is wrong with a channel itself, whatever it is asked: nothing is made there. */
export type Trouble = 'down' | 'wrongKey' | 'busy'

export type Reply = 'running' | 'completed' | 'withoutVideo' | 'failed' | 'cancelled' | 'missing' | 'garbage'

/** What is found where the finished video should be. */
export type FileAnswer = 'video' | 'garbage' | 'away'

export type CancelAnswer = 'cancelled' | 'requested' | 'tooLate' | 'unsupported' | 'lost'

/** How the provider of a channel can be asked what became of a submission. */
export type ChannelId = 'list' | 'none' | 'idempotent'

export interface AttemptState {
  attempt: number
  channel: ChannelId
  state: 'pending' | 'sending' | 'accepted' | 'refused' | 'unsent' | 'unknown' | 'cancelled'
  externalId: string | null
  adopted: boolean
  leased: boolean
  pastDeadline: boolean
  /** Open chains have a next poll. */
  polling: boolean
  progress: number
  /** A job of this attempt waits or runs. */
  hasJob: boolean
}

/** A task's life as DESIGN §4 tells it. */
export interface TaskState {
  id: string
  channel: ChannelId
  /** Its client named the channel: no other one may have it. */
  named: boolean
  status: TaskStatus
  stage: string
  attempt: number
  progress: number
  externalId: string | null
  errorCode: string | null
  cancelRequested: boolean
  deleted: boolean
  attempts: AttemptState[]
  lastEvent: { status: TaskStatus, attempt: number, progress: number, errorCode: string | null }
}

/** The only commands that may move a task that has ended or is deleted, and what they are about. */
export interface Cause { kind: 'retry' | 'delete' | 'other', taskId?: string }

const STAGES: Record<TaskStatus, readonly string[]> = {
  QUEUED: ['accepted', 'submitting', 'confirming'],
  PROCESSING: ['waiting', 'generating', 'saving', 'quarantined'],
  COMPLETED: ['completed'],
  FAILED: ['failed'],
  CANCELLED: ['cancelled']
}

const CURRENT_STATES: Record<TaskStatus, ReadonlyArray<AttemptState['state']>> = {
  QUEUED: ['pending', 'sending', 'unknown'],
  PROCESSING: ['accepted'],
  COMPLETED: ['accepted'],
  FAILED: ['accepted', 'refused', 'unsent', 'unknown'],
  CANCELLED: ['accepted', 'cancelled', 'unknown']
}

const DOUBTFUL = ['DEADLINE_EXCEEDED', 'SUBMISSION_UNCONFIRMED']
const MAX_AUTOMATIC_ATTEMPTS = 3
/** Of a task that may move, within one deadline. */
const MAX_MOVES = 10

export function isTerminal ({ status }: Pick<TaskState, 'status'>): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED'
}

export function currentAttempt (task: TaskState): AttemptState {
  return task.attempts.find(({ attempt }) => attempt === task.attempt)!
}

/** What is wrong with one task as it stands. */
export function flaws (task: TaskState): string[] {
  const current = currentAttempt(task)
  const { lastEvent } = task
  return [
    STAGES[task.status].includes(task.stage) || `${task.status} in stage ${task.stage}`,
    CURRENT_STATES[task.status].includes(current.state) || `${task.status}, but its attempt is ${current.state}`,
    task.externalId === current.externalId || `the task has the external id ${task.externalId}, its attempt ${current.externalId}`,
    isProgressOf(task, current) || `${task.status} with progress ${task.progress}`,
    task.attempts.every(({ progress }) => progress <= 99) || 'progress beyond 99 before the end',
    (lastEvent.status === task.status && lastEvent.attempt === task.attempt && lastEvent.progress === task.progress && lastEvent.errorCode === task.errorCode) || `the last event says ${JSON.stringify(lastEvent)}`,
    isTerminal(task) || current.hasJob || current.leased || current.polling || 'nobody will look at it again',
    task.channel === current.channel || `the task is on ${task.channel}, its attempt on ${current.channel}`,
    task.status !== 'CANCELLED' || current.state !== 'accepted' || current.externalId !== null || 'cancelled, and its external id is forgotten'
  ].filter(flaw => typeof flaw === 'string')
}

/** What is wrong with a step from one state of a task to the next. */
export function wrongSteps (before: TaskState, after: TaskState, cause: Cause): string[] {
  return [
    mayMove(before, after, cause) || `${describe(before)} became ${describe(after)}`,
    before.externalId === null || after.attempts.some(({ externalId }) => externalId === before.externalId) || wasAdopted(before) || `the external id ${before.externalId} is forgotten`,
    // What was paid for may still turn up, and is looked for.
    before.status !== 'PROCESSING' || after.errorCode !== 'DEADLINE_EXCEEDED' || currentAttempt(after).polling || 'past its deadline and not polled any more',
    !before.deleted || after.deleted || 'a deleted task came back',
    ...wrongMoves(before, after),
    ...before.attempts.map(old => {
      const now = after.attempts.find(({ attempt }) => attempt === old.attempt)
      if (!now) return `attempt ${old.attempt} is gone`
      return now.progress >= old.progress || old.adopted || `progress of attempt ${old.attempt} fell from ${old.progress} to ${now.progress}`
    })
  ].filter(wrong => typeof wrong === 'string')
}

/** It goes to another channel only from one that surely made nothing. */
function wrongMoves (before: TaskState, after: TaskState): Array<string | boolean> {
  return after.attempts.slice(before.attempts.length).map(({ attempt, channel }) => {
    const last = after.attempts.find(other => other.attempt === attempt - 1)!
    if (channel === last.channel) return true
    if (after.named) return `moved to ${channel}, where its client did not want it`
    return last.state === 'unsent' || last.state === 'refused' || `moved to ${channel} while attempt ${last.attempt} was ${last.state} on ${last.channel}`
  })
}

function mayMove (before: TaskState, after: TaskState, { kind, taskId }: Cause): boolean {
  if (before.status === after.status && before.attempt === after.attempt) return true
  if (before.deleted) return false
  if (kind === 'retry' && taskId === before.id && (after.attempt === before.attempt + 1 || (!before.named && after.attempt > before.attempt))) return before.status === 'FAILED' || before.status === 'CANCELLED'
  if (after.attempt < before.attempt) return isLateSuccess(before, after)
  if (after.attempt > before.attempt) return before.status === 'QUEUED' && (before.named ? after.attempt === before.attempt + 1 && after.attempt <= MAX_AUTOMATIC_ATTEMPTS : after.attempt - before.attempt <= MAX_MOVES)
  switch (before.status) {
    case 'QUEUED': return true
    // Only a guess that turned out wrong leads back.
    case 'PROCESSING': return after.status !== 'QUEUED' || wasAdopted(before)
    case 'FAILED': return DOUBTFUL.includes(before.errorCode!) && (after.status === 'PROCESSING' || after.status === 'COMPLETED' || (after.status === 'CANCELLED' && before.cancelRequested))
    default: return false
  }
}

/** An older attempt may complete the task while no newer one has an upstream job, or may have one. */
function isLateSuccess (before: TaskState, after: TaskState): boolean {
  const newer = before.attempts.filter(({ attempt }) => attempt > after.attempt)
  return after.stage === 'saving' && before.status !== 'CANCELLED' && before.status !== 'COMPLETED' && newer.every(({ state }) => !['accepted', 'sending', 'unknown'].includes(state))
}

function wasAdopted (task: TaskState): boolean {
  return currentAttempt(task).adopted
}

function describe ({ status, attempt, errorCode, deleted }: TaskState): string {
  return `${deleted ? 'deleted ' : ''}${status}${errorCode ? ` (${errorCode})` : ''} at attempt ${attempt}`
}

type Expectation = Partial<Pick<TaskState, 'status' | 'stage' | 'errorCode' | 'attempt'>>

/** What a task is once its submission was answered. */
export function afterSubmission (channel: ChannelId, answer: Answer): Expectation {
  switch (answer) {
    case 'accepted': return { status: 'PROCESSING', stage: 'waiting', errorCode: null }
    case 'refused': return { status: 'FAILED', errorCode: 'UPSTREAM_REFUSED' }
    case 'rateLimited':
    case 'unsent': return { status: 'QUEUED', stage: 'accepted', errorCode: null }
    case 'heldMade':
    case 'heldUnmade': return { status: 'QUEUED', stage: 'submitting', errorCode: null }
    case 'lostMade':
    case 'lostUnmade': return channel === 'none' ? { status: 'FAILED', errorCode: 'SUBMISSION_UNCONFIRMED' } : { status: 'QUEUED', stage: 'confirming', errorCode: null }
    case 'idOfAnother': return {}
  }
}

/** The same where the channel may be in trouble, and the task may move: then only the invariants say what comes of it. */
export function afterSubmissionAmid (trouble: Trouble | undefined, named: boolean, channel: ChannelId, answer: Answer): Expectation {
  const isAboutChannel = trouble !== undefined || answer === 'rateLimited' || answer === 'unsent'
  if (!named && isAboutChannel) return {}
  switch (trouble) {
    case 'wrongKey': return { status: 'FAILED', errorCode: 'UPSTREAM_AUTH' }
    case 'down': return afterSubmission(channel, 'unsent')
    case 'busy': return afterSubmission(channel, 'rateLimited')
    default: return afterSubmission(channel, answer)
  }
}

/** What a running task is once its current attempt was polled. */
export function afterPoll (task: TaskState, reply: Reply): Expectation {
  switch (reply) {
    case 'completed': return { status: 'PROCESSING', stage: 'saving', errorCode: null }
    case 'withoutVideo': return { status: 'FAILED', errorCode: 'NO_VIDEO_URL' }
    case 'failed': return { status: 'FAILED', errorCode: 'UPSTREAM_FAILED' }
    case 'cancelled': return { status: 'CANCELLED', errorCode: null }
    case 'running':
    case 'missing':
    case 'garbage': return currentAttempt(task).pastDeadline ? { status: 'FAILED', errorCode: 'DEADLINE_EXCEEDED' } : { status: 'PROCESSING', errorCode: null }
  }
}

/** What a task whose video is to be copied is after a try. */
export function afterSave (file: FileAnswer): Expectation {
  return file === 'video' ? { status: 'COMPLETED', errorCode: null } : { status: 'PROCESSING', stage: 'saving', errorCode: null }
}

/** What a cancel does to a task, and what it answers. */
export function afterCancel (task: TaskState, answer: CancelAnswer): Expectation & { outcome: 'cancelled' | 'requested' | 'tooLate' | 'unsupported' } {
  const unchanged = { status: task.status, attempt: task.attempt }
  if (task.status === 'CANCELLED') return { ...unchanged, outcome: 'cancelled' }
  if (isTerminal(task)) return { ...unchanged, outcome: 'tooLate' }
  const { state } = currentAttempt(task)
  if (state === 'pending') return { status: 'CANCELLED', outcome: 'cancelled' }
  if (answer === 'unsupported') return { ...unchanged, outcome: 'unsupported' }
  if (state !== 'accepted' || answer === 'lost') return { ...unchanged, outcome: 'requested' }
  return { ...unchanged, outcome: answer, ...answer === 'cancelled' && { status: 'CANCELLED' } }
}

/** Running, its progress is with its polls; ended otherwise than well, it keeps what its last attempt had reached, whose later looks may have seen more. */
function isProgressOf ({ status, progress }: TaskState, current: AttemptState): boolean {
  if (status === 'COMPLETED') return progress === 100
  if (status !== 'FAILED' && status !== 'CANCELLED') return progress === 0
  return progress <= current.progress
}
