import { Type, type Static } from 'typebox'
import { MAX_REFERENCES } from '../../../server/media/input-image.ts'
import { TASK_STATUSES, TASK_TYPES } from '../../../server/tasks/statuses.ts'
import { FORMS } from '../../../server/text-forms.ts'
import { Instant } from '../envelope.ts'

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

const imageReference = (description: string) => Type.String({ minLength: 1, maxLength: 14_500_000, description })
const imageFile = (description: string) => Type.Unsafe<never>({ type: 'string', format: 'binary', description })

/** What create and remix take, as JSON; multipart forms become the same object (DESIGN §6). */
export const TaskBodySchema = Type.Object({
  prompt: Type.String({ minLength: 1, maxLength: 32_000, description: 'What the video shows' }),
  model: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Default: the channel\'s first; for a remix the source\'s' })),
  size: Type.Optional(Type.String({ pattern: FORMS.size, description: 'Width x height in pixels, like 720x1280' })),
  aspectRatio: Type.Optional(Type.String({ pattern: FORMS.aspectRatio, description: 'Like 16:9; instead of size' })),
  duration: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 3_600, description: 'Seconds' })),
  seconds: Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 3_600 }), Type.String({ pattern: FORMS.seconds })], { description: 'The same as duration' })),
  inputReference: Type.Optional(imageReference('An image: https URL or data URL; PNG, JPEG or WebP up to 10 MiB. In multipart the file part input_reference')),
  firstFrame: Type.Optional(imageReference('What the video begins with, as inputReference; file part first_frame')),
  lastFrame: Type.Optional(imageReference('What it ends with; file part last_frame')),
  referenceImages: Type.Optional(Type.Array(imageReference('As inputReference'), { minItems: 1, maxItems: MAX_REFERENCES, description: `Who or what it is to show, up to ${MAX_REFERENCES}, as many as the model takes; file part reference_images, as often` })),
  watermark: Type.Optional(Type.Boolean()),
  seed: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  negativePrompt: Type.Optional(Type.String({ minLength: 1, maxLength: 32_000, description: 'What it is not to show' })),
  strength: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'How far it may leave the image or video it is made from: 0 not at all, 1 as it likes' })),
  style: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'One of the model\'s, or in words' })),
  cameraMotion: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'One of the model\'s, or in words' })),
  fps: Type.Optional(Type.Integer({ minimum: 1, maximum: 240, description: 'Frames a second' })),
  audio: Type.Optional(Type.Boolean({ description: 'With sound, or without' })),
  parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Provider-specific, passed through' })),
  metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Your own keys, up to 4 KiB; type, remix_from and remix_from_external are the server\'s' })),
  clientRequestId: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Makes the request repeatable, as Idempotency-Key does' })),
  channelId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  dryRun: Type.Optional(Type.Boolean({ description: 'Only say what would happen: answered with 200, nothing is kept and nothing is sent' })),
  callbackUrl: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048, description: 'https; told how this task ends, signed with the secret of GET /api/webhooks/callback-secret' }))
}, { additionalProperties: false, title: 'TaskRequest', examples: [{ prompt: 'A small cat joins the game', metadata: { album: 'cats' } }] })

/** How the same looks as a form; for the reference only, the body above is what is checked. */
export const TaskFormSchema = Type.Object({
  ...TaskBodySchema.properties,
  input_reference: Type.Optional(imageFile('The image as a file: PNG, JPEG or WebP by its bytes, up to 10 MiB')),
  first_frame: Type.Optional(imageFile('As input_reference')),
  last_frame: Type.Optional(imageFile('As input_reference')),
  reference_images: Type.Optional(Type.Array(imageFile('As input_reference'))),
  referenceImages: Type.Optional(Type.String({ contentMediaType: 'application/json', description: 'A JSON list, as text' })),
  parameters: Type.Optional(Type.String({ contentMediaType: 'application/json', description: 'A JSON object, as text' })),
  metadata: Type.Optional(Type.String({ contentMediaType: 'application/json', description: 'A JSON object, as text' }))
}, { title: 'TaskForm' })

export type TaskBody = Static<typeof TaskBodySchema>

export const TaskParams = Type.Object({ videoId: Type.String({ description: 'The internal id, as the receipt gave it' }) })

/** Repeats with the same key get the first answer. */
export const TaskHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Your own; a repeat with it gets the first answer and makes nothing new' }))
})

const ReceiptFields = {
  videoId: Type.String(),
  externalTaskId: Nullable(Type.String()),
  status: Type.Enum(['processing', 'queued']),
  message: Type.String()
}

export const CreatedSchema = Type.Object({ ...ReceiptFields, progress: Type.Integer() }, { title: 'Receipt' })
export const RemixedSchema = Type.Object({ ...ReceiptFields, remixed_from: Type.String() }, { title: 'RemixReceipt' })

/** The answer to dryRun. */
export const RehearsalSchema = Type.Object({
  dryRun: Type.Literal(true),
  channelId: Type.String(),
  channelName: Type.String(),
  model: Type.String(),
  upstreamModel: Type.String({ description: 'What the provider calls it' }),
  request: Type.Record(Type.String(), Type.Unknown(), { description: 'What would be sent; files by type and size' }),
  estimatedSeconds: Nullable(Type.Integer({ description: 'As long as half of the tasks like it took; null while too few are known' })),
  warnings: Type.Array(Type.String())
}, { title: 'Rehearsal' })

const OptionsSchema = Type.Object({
  ...Type.Pick(TaskBodySchema, ['watermark', 'seed', 'negativePrompt', 'strength', 'style', 'cameraMotion', 'fps', 'audio', 'parameters']).properties,
  characters: Type.Optional(Type.Array(Type.String()))
}, { title: 'TaskOptions', description: 'What else was asked for' })

export const TaskSchema = Type.Object({
  videoId: Type.String(),
  externalTaskId: Nullable(Type.String()),
  type: Type.Enum([...TASK_TYPES]),
  status: Type.Enum([...TASK_STATUSES]),
  stage: Type.String({ description: 'accepted, submitting, confirming, waiting, generating, saving, quarantined, or the final status in lower case' }),
  attempt: Type.Integer(),
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  progressSource: Type.Enum(['reported', 'estimated']),
  queuePosition: Nullable(Type.Integer()),
  estimatedCompletionAt: Nullable(Instant),
  model: Type.String(),
  channelId: Type.String(),
  prompt: Type.String(),
  size: Nullable(Type.String()),
  aspectRatio: Nullable(Type.String()),
  duration: Nullable(Type.Number()),
  options: OptionsSchema,
  videoUrl: Nullable(Type.String({ description: 'Needs no header, opens for 24 hours; absolute with PUBLIC_URL, else a path' })),
  thumbnailUrl: Nullable(Type.String({ description: 'As videoUrl, a WebP picture; made a moment after the video, where the server has ffmpeg' })),
  metadata: Type.Record(Type.String(), Type.Unknown()),
  remixedFrom: Nullable(Type.String()),
  remixCount: Type.Integer(),
  errorCode: Nullable(Type.String()),
  errorMessage: Nullable(Type.String()),
  errorHint: Nullable(Type.String()),
  clientRequestId: Nullable(Type.String()),
  batchId: Nullable(Type.String({ description: 'The batch it was made with' })),
  pollCount: Type.Integer(),
  createdAt: Instant,
  startedAt: Nullable(Instant),
  completedAt: Nullable(Instant),
  updatedAt: Instant,
  expiresAt: Nullable(Type.Unsafe<Date>({ ...Instant, description: 'When the copy of the video goes; null: with the task' }))
}, { title: 'Task' })

/** How many tasks of a batch have which status. */
export const CountsSchema = Type.Object(Object.fromEntries(TASK_STATUSES.map(status => [status, Type.Integer()])) as Record<typeof TASK_STATUSES[number], ReturnType<typeof Type.Integer>>)

const UpdateSchema = Type.Object({
  type: Type.Literal('taskUpdate'),
  timestamp: Type.Integer({ description: 'Milliseconds since 1970' }),
  payload: Type.Object({
    ...Type.Pick(TaskSchema, ['videoId', 'externalTaskId', 'clientRequestId', 'type', 'status', 'stage', 'attempt', 'progress', 'videoUrl', 'thumbnailUrl', 'remixedFrom', 'metadata', 'errorCode']).properties,
    error: Nullable(Type.String({ description: 'A sentence for a person' }))
  })
}, { title: 'TaskUpdate', description: 'A task as it is now. Changes of status carry an id to resume after; progress does not' })

const BatchUpdateSchema = Type.Object({
  type: Type.Literal('batchUpdate'),
  timestamp: Type.Integer({ description: 'Milliseconds since 1970' }),
  payload: Type.Object({
    batchId: Type.String(),
    status: Type.Literal('COMPLETED'),
    progress: Type.Literal(100),
    total: Type.Integer(),
    counts: CountsSchema
  })
}, { title: 'BatchUpdate', description: 'No task of the batch is unfinished any more; how they ended. Carries an id to resume after. Comes again when that is so once more, after a retry' })

const SnapshotEndSchema = Type.Object({ type: Type.Literal('snapshotEnd'), truncated: Type.Boolean({ description: 'There are more active tasks: list them' }) }, { title: 'SnapshotEnd', description: 'The active tasks have been told; from here on come changes' })

const ResetSchema = Type.Object({ type: Type.Literal('reset') }, { title: 'Reset', description: 'The cursor is too old or unknown: read the list again' })

/** For the reference only: streams are written by server/events/frames.ts. */
export const FrameSchema = Type.Union([UpdateSchema, BatchUpdateSchema, SnapshotEndSchema, ResetSchema], { title: 'Frame' })

export const TaskListSchema = Type.Object({ tasks: Type.Array(TaskSchema), nextCursor: Nullable(Type.String()) })

const InstantOrDay = (description: string) => Type.Union([Type.String({ format: 'date-time' }), Type.String({ format: 'date' })], { description: `${description}; a day alone begins at 00:00 UTC` })

export const TaskQuery = Type.Object({
  status: Type.Optional(Type.String({ pattern: FORMS.statuses, description: `Comma-separated: ${TASK_STATUSES.join(', ')}` })),
  type: Type.Optional(Type.Enum([...TASK_TYPES])),
  model: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Words of the prompt, or an id' })),
  from: Type.Optional(InstantOrDay('Created at or after')),
  to: Type.Optional(InstantOrDay('Created before')),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))
}, { additionalProperties: false })

export const CancelledSchema = Type.Object({ outcome: Type.Enum(['cancelled', 'requested', 'tooLate', 'unsupported']), task: TaskSchema })

/** May be absent altogether. */
export const RetryBodySchema = Type.Union([
  Type.Object({ acceptDuplicateRisk: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
  Type.Null(),
  Type.Undefined()
])

export const DeletedSchema = Type.Object({ videoId: Type.String(), deleted: Type.Literal(true) })
