import { OPERATIONS, parseBehaviour, type Behaviour, type Operation } from './behaviour.ts'
import type { Job } from './job.ts'
import { stateOf } from './progress.ts'
import { Refusal } from './replies.ts'

export interface Instruction {
  operation: Operation | '*'
  behaviour: Behaviour
  /** For the next so many requests; without it until cleared. */
  times?: number | undefined
}

/** What a test says to the sandbox from outside, and what it asks about. */
export class SandboxControl {
  readonly #requests = new Map<Operation, number>()
  readonly #polls = new Map<string, number>()
  #instructions: Instruction[] = []

  behave (instruction: Instruction): void {
    this.#instructions.push({ ...instruction })
  }

  forgetBehaviours (): void {
    this.#instructions = []
  }

  /** The behaviour ordered for this request; uses up one of its times. */
  take (operation: Operation): Behaviour | undefined {
    if (this.#instructions.length === 0) return undefined
    const due = this.#instructions.filter(instruction => instruction.operation === operation || instruction.operation === '*')
    for (const instruction of due) if (instruction.times !== undefined) instruction.times--
    this.#instructions = this.#instructions.filter(({ times }) => times === undefined || times > 0)
    return Object.assign({}, ...due.map(({ behaviour }) => behaviour))
  }

  countRequest (operation: Operation): void {
    this.#requests.set(operation, (this.#requests.get(operation) ?? 0) + 1)
  }

  /** The number of this poll of the job, from 1. */
  countPoll (jobId: string): number {
    const polls = (this.#polls.get(jobId) ?? 0) + 1
    this.#polls.set(jobId, polls)
    return polls
  }

  requests (): Partial<Record<Operation, number>> {
    return Object.fromEntries(this.#requests)
  }

  pollsByJob (): Record<string, number> {
    return Object.fromEntries(this.#polls)
  }

  reset (): void {
    this.forgetBehaviours()
    this.#requests.clear()
    this.#polls.clear()
  }
}

/** Throws BehaviourError or Refusal. */
export function parseInstruction (value: unknown): Instruction {
  const { operation = '*', behaviour, times } = value as Partial<Instruction>
  if (operation !== '*' && !OPERATIONS.includes(operation)) throw new Refusal(400, 'unknown_operation', `operation must be * or one of ${OPERATIONS.join(', ')}`)
  if (times !== undefined && !(Number.isInteger(times) && times > 0)) throw new Refusal(400, 'invalid_times', 'times must be a positive integer')
  return { operation, behaviour: parseBehaviour(behaviour), times }
}

/** One paid submission, as the checkers of tests read it. */
export function ledgerEntry (job: Job) {
  const { kind, reference, idempotencyKey, fields, files } = job.request
  return {
    externalTaskId: job.id,
    dialect: job.dialect,
    kind,
    model: job.model,
    prompt: job.prompt,
    sourceId: job.source_id,
    reference,
    idempotencyKey,
    fields,
    files,
    receivedAt: job.created_at.toISOString(),
    durationMs: job.duration_ms,
    status: stateOf(job, Date.now()).phase
  }
}

export type LedgerEntry = ReturnType<typeof ledgerEntry>
