import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'

const Milliseconds = Type.Integer({ minimum: 0, maximum: 86_400_000 })

/**
 * How the reply to a request goes wrong. A number is an HTTP status.
 * `html empty garbage error` are well-formed HTTP with status 200; `truncated` is half of the true body with a length that fits,
 * `cut` half of it under the length of the whole; `drop` and `reset` end the connection without a reply.
 */
export const ANSWERS = ['html', 'empty', 'garbage', 'error', 'truncated', 'cut', 'wrong-type', 'hang', 'drop', 'reset', 'slow', 'huge', 'redirect'] as const

/** What goes wrong with one kind of request, and when. Without `answer` only the latency counts. */
export const FaultSchema = Type.Object({
  answer: Type.Optional(Type.Union([Type.Enum([...ANSWERS]), Type.Integer({ minimum: 400, maximum: 599 })])),
  /** Whether the job is made and in the ledger although its reply goes wrong; a 4xx never makes one. */
  accepted: Type.Optional(Type.Boolean()),
  latencyMs: Type.Optional(Milliseconds),
  /** How often it happens: to creates with the same prompt, to later requests for the same job. Without it: always. */
  times: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Only every n-th such request. */
  every: Type.Optional(Type.Integer({ minimum: 2 })),
  /** Only in this time after the job was made. */
  afterMs: Type.Optional(Milliseconds),
  untilMs: Type.Optional(Milliseconds),
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  /** Sent as it is: seconds or an HTTP date. */
  retryAfter: Type.Optional(Type.Union([Type.String(), Type.Number()])),
  location: Type.Optional(Type.String()),
  /** Size of a `huge` body. */
  bytes: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Pause between the pieces of a `slow` body. */
  dripMs: Type.Optional(Milliseconds)
}, { additionalProperties: false })

export type Fault = Static<typeof FaultSchema>

const PROGRESS_MODES = ['natural', 'linear', 'none', 'ends', 'backwards', 'nan', 'null', 'negative', 'beyond', 'fractional', 'text'] as const

/** Everything the sandbox can be told. What was said when a job was made is kept with the job. */
export const BehaviourSchema = Type.Object({
  durationMs: Type.Optional(Milliseconds),
  /** How long the job waits in the queue; without it the first 5 % of its duration. */
  queuedMs: Type.Optional(Milliseconds),
  /** The job fails when it reaches this progress. */
  failAt: Type.Optional(Type.Number({ minimum: 0, maximum: 99 })),
  error: Type.Optional(Type.Object({
    message: Type.Optional(Type.String()),
    code: Type.Optional(Type.String()),
    type: Type.Optional(Type.String()),
    shape: Type.Optional(Type.Enum(['object', 'string', 'detail', 'nested']))
  }, { additionalProperties: false })),
  /** `never`: runs for ever; `no-url`: completes without a video; `with-error`: completes and reports an error beside it. */
  outcome: Type.Optional(Type.Enum(['never', 'no-url', 'with-error'])),

  create: Type.Optional(FaultSchema),
  poll: Type.Optional(FaultSchema),
  list: Type.Optional(FaultSchema),
  content: Type.Optional(FaultSchema),
  cancel: Type.Optional(FaultSchema),
  delete: Type.Optional(FaultSchema),
  character: Type.Optional(FaultSchema),

  /** The status words of the wire, by phase. */
  words: Type.Optional(Type.Object({
    queued: Type.Optional(Type.String()),
    running: Type.Optional(Type.String()),
    completed: Type.Optional(Type.String()),
    failed: Type.Optional(Type.String()),
    cancelled: Type.Optional(Type.String())
  }, { additionalProperties: false })),
  progress: Type.Optional(Type.Enum([...PROGRESS_MODES])),
  /** Every second poll says "queued" again. */
  statusBackwards: Type.Optional(Type.Boolean()),
  changedId: Type.Optional(Type.Boolean()),
  /** Where the id stands in the objects of the openai dialect. */
  idKey: Type.Optional(Type.Enum(['id', 'task_id'])),
  /** Whether submissions must be forms. */
  multipartOnly: Type.Optional(Type.Boolean()),
  missingKeys: Type.Optional(Type.Array(Type.String())),
  extraKeys: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** A file URL lives this long; another poll gives a fresh one. */
  urlTtlMs: Type.Optional(Milliseconds),

  errorShape: Type.Optional(Type.Enum(['openai', 'fastapi', 'flat', 'string', 'text'])),
  createStatus: Type.Optional(Type.Enum([200, 201, 202])),
  contentMode: Type.Optional(Type.Enum(['bytes', 'redirect', 'json', 'metadata'])),
  listShape: Type.Optional(Type.Enum(['full', 'bare'])),
  idLength: Type.Optional(Type.Enum(['normal', 'long'])),
  /** Whether the openai dialect honours `Idempotency-Key`. */
  idempotent: Type.Optional(Type.Boolean()),
  /** Whether the openai dialect has a cancel operation; it has one unless this is false. */
  cancellable: Type.Optional(Type.Boolean()),
  /** A cancel takes effect this long after it was asked for, if the job is not done by then. */
  cancelAfterMs: Type.Optional(Milliseconds)
}, { additionalProperties: false })

export type Behaviour = Static<typeof BehaviourSchema>

/** What requests are counted and disturbed by; `create` is every submission that costs money. */
export const OPERATIONS = ['create', 'poll', 'list', 'content', 'cancel', 'delete', 'character'] as const
export type Operation = typeof OPERATIONS[number]

export class BehaviourError extends Error {
  override name = 'BehaviourError'
}

const behaviourCheck = Compile(BehaviourSchema)

/** Throws BehaviourError, which names the first wrong part. */
export function parseBehaviour (value: unknown): Behaviour {
  if (behaviourCheck.Check(value)) return value
  const [first] = behaviourCheck.Errors(value)
  throw new BehaviourError(`sandbox behaviour ${first?.instancePath || '/'}: ${first?.message ?? 'not an object'}`)
}

/** Throws BehaviourError when the text is not JSON or not a behaviour. */
export function parseBehaviourText (text: string): Behaviour {
  try {
    return parseBehaviour(JSON.parse(text))
  } catch (error) {
    if (error instanceof BehaviourError) throw error
    throw new BehaviourError('sandbox behaviour: not JSON', { cause: error })
  }
}
