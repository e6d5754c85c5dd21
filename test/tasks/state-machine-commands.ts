import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import type { Db } from '../../server/database/tables.ts'
import { ReelayError } from '../../server/errors.ts'
import { cancelTask } from '../../server/tasks/cancel-task.ts'
import { confirmSubmission } from '../../server/tasks/confirm-submission.ts'
import { createTask } from '../../server/tasks/create-task.ts'
import { deleteTask } from '../../server/tasks/delete-task.ts'
import { retryTask } from '../../server/tasks/retry-task.ts'
import { saveVideo } from '../../server/tasks/save-video.ts'
import type { Submissions } from '../../server/tasks/submissions.ts'
import { claimPolls, type ClaimedPoll } from '../../server/workers/poll-claims.ts'
import { commitPolls, type PollOutcome } from '../../server/workers/poll-commits.ts'
import { decide, isWorthPolling } from '../../server/workers/poll-decision.ts'
import { POLL_TASK, takePollJobs, type TaskJob } from '../../server/queues/queues.ts'
import { sweep } from '../../server/workers/sweep.ts'
import { afterCancel, afterPoll, afterSave, afterSubmissionAmid, currentAttempt, flaws, isTerminal, wrongSteps, type Answer, type CancelAnswer, type Cause, type ChannelId, type FileAnswer, type Reply, type TaskState, type Trouble } from './state-machine-model.ts'
import { CHANNELS, LOST, readTasks, type Life } from './state-machine-world.ts'

/** The tasks as the last command left them. */
export interface Model { tasks: TaskState[], maxTasks: number }

type Command = fc.AsyncCommand<Model, Life>

const OTHER: Cause = { kind: 'other' }

/** What can happen to tasks, in any order. `any` numbers choose a task, an attempt or whatever hangs in the air. */
export function commandArbitraries (): Array<fc.Arbitrary<Command>> {
  const any = fc.nat(59)
  const channel = fc.constantFrom<ChannelId>(...CHANNELS)
  const answer = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Answer>('accepted', 'heldMade', 'heldUnmade') },
    { weight: 2, arbitrary: fc.constantFrom<Answer>('refused', 'rateLimited', 'unsent', 'lostMade', 'lostUnmade', 'idOfAnother') })
  const reply = fc.constantFrom<Reply>('running', 'running', 'completed', 'withoutVideo', 'failed', 'cancelled', 'missing', 'garbage')
  const cancelAnswer = fc.constantFrom<CancelAnswer>('cancelled', 'requested', 'tooLate', 'unsupported', 'lost')
  const listing = fc.constantFrom<Life['provider']['listing']>('all', 'nothing', 'error')
  return [
    fc.tuple(channel, fc.constantFrom('a cat', 'a dog'), answer, cancelAnswer).map(args => create(...args)),
    fc.tuple(fc.constantFrom('a cat', 'a dog'), answer, cancelAnswer).map(args => createAnywhere(...args)),
    fc.tuple(fc.option(channel, { nil: undefined }), fc.constantFrom('a cat', 'a dog')).map(args => createAndCrash(...args)),
    fc.tuple(channel, fc.constantFrom<Trouble | undefined>('down', 'wrongKey', 'busy', undefined)).map(args => setTrouble(...args)),
    fc.tuple(any, any, answer, cancelAnswer, fc.boolean()).map(args => runSubmitJob(...args)),
    fc.tuple(any, fc.constantFrom('accepted', 'accepted', 'lost', 'unsent'), cancelAnswer).map(args => answerAtLast(...args)),
    fc.tuple(any, any, answer, listing, fc.boolean(), cancelAnswer).map(args => runConfirmJob(...args)),
    fc.tuple(any, any, reply, fc.nat(120), fc.constantFrom('written', 'held', 'crash'), fc.boolean()).map(args => poll(...args)),
    fc.tuple(any, any, reply, fc.nat(120), fc.constant('written' as const), fc.constant(true)).map(args => poll(...args)),
    any.map(writeHeldPoll),
    fc.tuple(any, fc.constantFrom<FileAnswer>('video', 'video', 'garbage', 'away')).map(args => save(...args)),
    fc.tuple(any, cancelAnswer).map(args => cancel(...args)),
    fc.tuple(any, fc.boolean(), answer, cancelAnswer).map(args => retry(...args)),
    fc.tuple(any, cancelAnswer).map(args => remove(...args)),
    any.map(passDeadline),
    fc.constant(expireLeasesAndSweep()),
    any.map(loseJobs)
  ]
}

export function create (channel: ChannelId, prompt: string, answer: Answer, cancelAnswer: CancelAnswer): Command {
  return command(`create(${channel}, ${prompt}, ${answer})`, hasRoom, async (model, life) => {
    Object.assign(life.provider, { answer, cancelAnswer })
    await endPauses(life.db)
    await untilSettledOrHeld(life, submitNew(life, life.submissions, channel, prompt))
    return async tasks => expectMatch(tasks.at(-1)!, { attempt: 1, ...afterSubmissionAmid(life.provider.trouble.get(channel), true, channel, answer) })
  })
}

/** On no channel in particular: the first that takes it. */
export function createAnywhere (prompt: string, answer: Answer, cancelAnswer: CancelAnswer): Command {
  return command(`createAnywhere(${prompt}, ${answer})`, hasRoom, async (model, life) => {
    Object.assign(life.provider, { answer, cancelAnswer })
    await endPauses(life.db)
    await untilSettledOrHeld(life, submitNew(life, life.submissions, undefined, prompt))
    const at = CHANNELS.findIndex(id => !life.provider.trouble.has(id))
    const channel = CHANNELS[at]
    if (!channel) return
    return async tasks => expectMatch(tasks.at(-1)!, { ...afterSubmissionAmid(undefined, false, channel, answer), ...isAboutRequest(answer) && { channel, attempt: at + 1 } })
  })
}

function isAboutRequest (answer: Answer): boolean {
  return answer !== 'rateLimited' && answer !== 'unsent' && answer !== 'idOfAnother'
}

/** A channel goes down, loses its key, has too much to do, or is well again. */
export function setTrouble (channel: ChannelId, trouble: Trouble | undefined): Command {
  return command(`setTrouble(${channel}, ${trouble ?? 'none'})`, () => true, async (model, life) => {
    if (trouble) life.provider.trouble.set(channel, trouble)
    else life.provider.trouble.delete(channel)
  })
}

export function createAndCrash (channel: ChannelId | undefined, prompt: string): Command {
  return command(`createAndCrash(${channel ?? 'anywhere'}, ${prompt})`, hasRoom, async (model, life) => {
    await submitNew(life, await life.deadSubmissions, channel, prompt)
    return async tasks => expectMatch(tasks.at(-1)!, { attempt: 1, status: 'QUEUED', stage: 'accepted' })
  })
}

/** A job of the queue, delivered for the first time or again. */
export function runSubmitJob (any: number, anyAttempt: number, answer: Answer, cancelAnswer: CancelAnswer, due: boolean): Command {
  return command(`runSubmitJob(${any}, ${anyAttempt}, ${answer}, ${due ? 'due' : 'early'})`, hasTasks, async (model, life) => {
    const { job } = pick(model, any, anyAttempt)
    Object.assign(life.provider, { answer, cancelAnswer })
    if (due) await endPauses(life.db)
    await untilSettledOrHeld(life, life.submissions.submit(job))
  })
}

/** A sender that was not heard of for long. */
export function answerAtLast (any: number, answer: string, cancelAnswer: CancelAnswer): Command {
  return command(`answerAtLast(${any}, ${answer})`, hasTasks, async (model, life) => {
    const { provider } = life
    if (provider.held.length === 0) return
    const [held] = provider.held.splice(any % provider.held.length, 1)
    provider.cancelAnswer = cancelAnswer
    held!.give(answer === 'accepted' ? provider.acceptHeld(held!) : answer === 'unsent' && !held!.made ? provider.takeBack(held!) : LOST)
    await life.underWay.get(held!)
  })
}

export function runConfirmJob (any: number, anyAttempt: number, answer: Answer, listing: Life['provider']['listing'], old: boolean, cancelAnswer: CancelAnswer): Command {
  return command(`runConfirmJob(${any}, ${anyAttempt}, ${answer}, list: ${listing}, ${old ? 'old' : 'young'})`, hasTasks, async (model, life) => {
    const { job } = pick(model, any, anyAttempt)
    Object.assign(life.provider, { answer, listing, cancelAnswer })
    if (old) await sql`update task_attempts set sent_at = sent_at - interval '10 minutes' where task_id = ${job.taskId} and attempt = ${job.attempt}`.execute(life.db)
    await untilSettledOrHeld(life, confirmSubmission(life.context, job, new AbortController().signal))
  })
}

export function poll (any: number, anyAttempt: number, reply: Reply, progress: number, end: string, due: boolean): Command {
  return command(`poll(${any}, ${anyAttempt}, ${reply}, ${progress} %, ${end}, ${due ? 'due' : 'early'})`, hasTasks, async (model, life) => {
    const { task, job } = pick(model, any, anyAttempt)
    Object.assign(life.provider, { reply, progress })
    if (due) await makeDue(life.db, job)
    await takePollJobs(life.db, 50)
    const [claimed] = await claimPolls(life.db, [job])
    if (!claimed || end === 'crash') return
    const outcome = await ask(life, claimed)
    if (end === 'held') life.heldPolls.push(outcome)
    else await commitPolls(life.context, [outcome])
    if (end !== 'written' || task.status !== 'PROCESSING' || job.attempt !== task.attempt) return
    return async tasks => expectMatch(tasks.find(({ id }) => id === task.id)!, afterPoll(task, reply))
  })
}

/** What the poll engine does between claim and commit. */
async function ask ({ provider, context }: Life, claimed: ClaimedPoll): Promise<PollOutcome> {
  if (!isWorthPolling(claimed)) return { poll: claimed, decision: { kind: 'stop' } }
  const upstream = provider.upstream(claimed.channel_id as ChannelId)
  const answer = await upstream.poll({ externalTaskId: claimed.external_task_id }, new AbortController().signal)
  const hasContent = answer.state === 'completed' && answer.result.videoUrl !== undefined
  return { poll: claimed, decision: decide({ ...context.config, minPollMs: 0 }, claimed, answer, hasContent) }
}

/** What the saver does with a video that the upstream has finished. */
export function save (any: number, file: FileAnswer): Command {
  return command(`save(${any}, ${file})`, hasTasks, async (model, life) => {
    const { task } = pick(model, any)
    life.provider.file = file
    await sql`update task_saves set next_try_at = now(), unreadable = 0`.execute(life.db)
    await saveVideo(life.context, { taskId: task.id, attempt: task.attempt }, new AbortController().signal)
    if (task.stage !== 'saving') return
    return async tasks => expectMatch(tasks.find(({ id }) => id === task.id)!, afterSave(file))
  })
}

/** A process that slept with an answer in its hands. */
export function writeHeldPoll (any: number): Command {
  return command(`writeHeldPoll(${any})`, hasTasks, async (model, life) => {
    const [outcome] = life.heldPolls.splice(any % Math.max(life.heldPolls.length, 1), 1)
    if (outcome) await commitPolls(life.context, [outcome])
  })
}

export function cancel (any: number, cancelAnswer: CancelAnswer): Command {
  return command(`cancel(${any}, ${cancelAnswer})`, hasTasks, async (model, life) => {
    const { task } = pick(model, any)
    life.provider.cancelAnswer = cancelAnswer
    const done = await orRefusal(cancelTask(life.context, life.userId, task.id))
    if (task.deleted) return assert.equal(done, 'TASK_NOT_FOUND')
    const { outcome, ...expected } = afterCancel(task, cancelAnswer)
    assert.deepEqual(typeof done === 'object' && done.outcome, outcome)
    return async tasks => expectMatch(tasks.find(({ id }) => id === task.id)!, expected)
  })
}

export function retry (any: number, acceptDuplicateRisk: boolean, answer: Answer, cancelAnswer: CancelAnswer): Command {
  return command(`retry(${any}, ${acceptDuplicateRisk ? 'risk accepted' : 'no risk'}, ${answer})`, hasTasks, async (model, life) => {
    const { task } = pick(model, any)
    Object.assign(life.provider, { answer, cancelAnswer })
    await endPauses(life.db)
    const allowed = !task.deleted && (task.status === 'FAILED' || task.status === 'CANCELLED') && (acceptDuplicateRisk || currentAttempt(task).state !== 'unknown')
    if (!allowed) {
      const refusal = await orRefusal(retryTask(life.context, life.submissions, life.userId, task.id, acceptDuplicateRisk))
      return assert.equal(refusal, task.deleted ? 'TASK_NOT_FOUND' : 'TASK_STATE_CONFLICT')
    }
    life.retries.set(task.id, (life.retries.get(task.id) ?? 0) + 1)
    await untilSettledOrHeld(life, retryTask(life.context, life.submissions, life.userId, task.id, acceptDuplicateRisk))
    return async tasks => expectMatch(tasks.find(({ id }) => id === task.id)!, retried(life, task, answer))
  }, (model) => ({ kind: 'retry', taskId: pick(model, any).task.id }))
}

function retried ({ provider }: Life, { attempt, channel, named }: TaskState, answer: Answer): Partial<TaskState> {
  const expected = afterSubmissionAmid(provider.trouble.get(channel), named, channel, answer)
  // It may have moved on from there.
  return named || expected.status ? { attempt: attempt + 1, ...expected } : {}
}

export function remove (any: number, cancelAnswer: CancelAnswer): Command {
  return command(`delete(${any}, ${cancelAnswer})`, hasTasks, async (model, life) => {
    const { task } = pick(model, any)
    life.provider.cancelAnswer = cancelAnswer
    const refusal = await orRefusal(deleteTask(life.context, life.userId, task.id))
    if (task.deleted) return assert.equal(refusal, 'TASK_NOT_FOUND')
    const gone = isTerminal(task) || afterCancel(task, cancelAnswer).status === 'CANCELLED'
    assert.equal(refusal, gone ? undefined : 'TASK_STATE_CONFLICT')
    return async tasks => assert.equal(tasks.find(({ id }) => id === task.id)!.deleted, gone)
  })
}

export function passDeadline (any: number): Command {
  return command(`passDeadline(${any})`, hasTasks, async (model, life) => {
    const { task } = pick(model, any)
    await sql`update task_attempts set deadline_at = now() - interval '1 second' where task_id = ${task.id} and attempt = ${task.attempt}`.execute(life.db)
  })
}

/** Processes died: nobody renews their leases. */
export function expireLeasesAndSweep (): Command {
  return command('expireLeasesAndSweep', hasTasks, async (model, life) => {
    await expireLeases(life.db)
    await sweep(life.context, life.submissions)
    return async tasks => assert.ok(tasks.every(task => currentAttempt(task).state !== 'sending'), 'an orphaned submission was not noticed')
  })
}

/** The queue lost everything about a task, a while ago. */
export function loseJobs (any: number): Command {
  return command(`loseJobs(${any})`, hasTasks, async (model, life) => {
    const { task } = pick(model, any)
    await sql`delete from pgboss.job where data ->> 'taskId' = ${task.id}`.execute(life.db)
    await letTimePass(life.db)
    await sweep(life.context, life.submissions)
  })
}

/** From whatever state: with a provider that answers, every task comes to an end by itself. */
export async function expectAllToEnd (model: Model, life: Life): Promise<void> {
  const { provider, db } = life
  for (const { give } of provider.held.splice(0)) give(LOST)
  await Promise.all(life.underWay.values())
  provider.trouble.clear()
  Object.assign(provider, { answer: 'accepted', reply: 'completed', listing: 'all', cancelAnswer: 'cancelled', file: 'video' })
  for (let round = 0; round < 8 && (await readTasks(db)).some(task => !isTerminal(task)); round++) {
    await letTimePass(db)
    await endPauses(db)
    await expireLeases(db)
    await sweep(life.context, life.submissions)
    for (const task of (await readTasks(db)).filter(task => !isTerminal(task))) await work(life, { taskId: task.id, attempt: task.attempt })
  }
  await verify(model, life, OTHER)
  assert.deepEqual(model.tasks.filter(task => !isTerminal(task)), [], 'some tasks never end')
}

async function work (life: Life, job: TaskJob): Promise<void> {
  await life.submissions.submit(job)
  await confirmSubmission(life.context, job, new AbortController().signal)
  await makeDue(life.db, job)
  const claimed = await claimPolls(life.db, [job])
  for (const poll of claimed) await commitPolls(life.context, [await ask(life, poll)])
  await saveVideo(life.context, job, new AbortController().signal)
}

type Expectation = ((tasks: TaskState[]) => Promise<void>) | void

function command (name: string, check: (model: Readonly<Model>) => boolean, act: (model: Model, life: Life) => Promise<Expectation>, causeOf: (model: Model) => Cause = () => OTHER): Command {
  return {
    check,
    async run (model, life) {
      const cause = causeOf(model)
      const expectation = await act(model, life)
      await verify(model, life, cause)
      await expectation?.(model.tasks)
    },
    toString: () => name
  }
}

/** Everything that must hold whatever happened; the model moves on. */
async function verify (model: Model, life: Life, cause: Cause): Promise<void> {
  const tasks = await readTasks(life.db)
  const problems = tasks.flatMap((task, i) => {
    const before = model.tasks[i]
    const wrong = [...flaws(task), ...before ? wrongSteps(before, task, cause) : [], ...overpaid(task, life)]
    return wrong.map(problem => `task ${i}: ${problem}`)
  })
  assert.deepEqual([...problems, ...life.provider.complaints], [])
  model.tasks = tasks
}

/** Money: one submission an attempt, and no attempt that nobody asked for unless the provider was asked first. */
function overpaid ({ id, attempts: all }: TaskState, { provider, retries }: Life): string[] {
  const paid = provider.paid.filter(reference => reference.startsWith(`${id}-`))
  const attempts = new Set(paid)
  // A key may be sent again where it makes one job only.
  const once = paid.filter(reference => all.some(({ attempt, channel }) => reference === `${id}-${attempt}` && channel !== 'idempotent'))
  const allowed = 1 + (retries.get(id) ?? 0) + (all.some(attempt => attempt.channel === 'list') ? 2 : 0)
  return [
    new Set(once).size === once.length || `one attempt was sent twice: ${paid.join()}`,
    attempts.size <= allowed || `paid ${attempts.size} times, ${allowed} were allowed`
  ].filter(problem => typeof problem === 'string')
}

async function submitNew (life: Life, submissions: Submissions, channelId: ChannelId | undefined, prompt: string): Promise<void> {
  await createTask(life.context, submissions, { userId: life.userId, requestId: 'test' }, { prompt, model: 'sora-2', channelId })
}

/** A submission that is held back goes on beside the next commands. */
async function untilSettledOrHeld (life: Life, work: Promise<unknown>): Promise<void> {
  const settled = orRefusal(work)
  // Whoever awaits it hears of a failure.
  settled.catch(() => {})
  const held = await Promise.race([settled.then(() => undefined), life.provider.untilHeld()])
  if (held) life.underWay.set(held, settled)
}

async function orRefusal<T> (work: Promise<T>): Promise<T | string> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ReelayError) return error.code
    throw error
  }
}

function pick (model: Readonly<Model>, any: number, anyAttempt = 0): { task: TaskState, job: TaskJob } {
  const task = model.tasks[any % model.tasks.length]!
  // Mostly the current attempt, which is the last.
  return { task, job: { taskId: task.id, attempt: Math.max(1, task.attempts.length - (anyAttempt % 4 === 3 ? 1 : 0)) } }
}

function hasTasks ({ tasks }: Readonly<Model>): boolean {
  return tasks.length > 0
}

function hasRoom ({ tasks, maxTasks }: Readonly<Model>): boolean {
  return tasks.length < maxTasks
}

function expectMatch (task: TaskState, expected: Partial<TaskState>): void {
  const actual = Object.fromEntries(Object.keys(expected).map(key => [key, task[key as keyof TaskState]]))
  assert.deepEqual(actual, expected)
}

async function endPauses (db: Db): Promise<void> {
  await sql`update task_attempts set not_before = null where not_before is not null`.execute(db)
  await sql`update channel_limits set submit_paused_until = null, refused_until = null`.execute(db)
}

async function makeDue (db: Db, { taskId, attempt }: TaskJob): Promise<void> {
  await sql`update task_polls set next_poll_at = now() where task_id = ${taskId} and attempt = ${attempt} and next_poll_at is not null`.execute(db)
  await sql`update pgboss.job set start_after = now() where name = ${POLL_TASK} and state = 'created' and data ->> 'taskId' = ${taskId}`.execute(db)
}

async function expireLeases (db: Db): Promise<void> {
  await sql`update task_attempts set lease_until = now() - interval '1 second' where lease_until is not null`.execute(db)
  await sql`update task_polls set lease_until = now() - interval '1 second' where lease_until is not null`.execute(db)
  await sql`update task_saves set lease_until = now() - interval '1 second' where lease_until is not null`.execute(db)
}

/** An hour, except for deadlines and leases. */
async function letTimePass (db: Db): Promise<void> {
  await sql`
    update task_attempts
    set created_at = created_at - interval '1 hour', not_before = not_before - interval '1 hour', finished_at = finished_at - interval '1 hour', sent_at = sent_at - interval '1 hour'`.execute(db)
  await sql`update task_polls set next_poll_at = now() - interval '1 minute' where next_poll_at is not null`.execute(db)
  await sql`update task_saves set next_try_at = now() - interval '1 minute'`.execute(db)
}
