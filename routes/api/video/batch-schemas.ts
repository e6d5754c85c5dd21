import { Type, type Static } from 'typebox'
import { FORMS } from '../../../server/text-forms.ts'
import { Instant } from '../envelope.ts'
import { CountsSchema, TaskBodySchema, TaskSchema } from './schemas.ts'

export const MAX_ITEMS = 500

const { dryRun: _never, ...itemFields } = TaskBodySchema.properties

/** One item; checked by itself, so that its faults are not the whole batch's. */
export const BatchItemSchema = Type.Object({
  ...itemFields,
  remixFrom: Type.Optional(Type.String({ pattern: FORMS.videoId, description: 'The videoId of the video to remix; without it a new video is made' }))
}, { additionalProperties: false, title: 'BatchItem', description: 'What create and remix take; images as data URLs only' })

const { clientRequestId: _, ...shared } = BatchItemSchema.properties

export const BatchBodySchema = Type.Object({
  items: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown(), { title: 'BatchItem', description: 'As the body of POST /api/video/tasks; with `remixFrom`, a videoId, as that of a remix. images only as data URLs' }), { minItems: 1, maxItems: MAX_ITEMS })),
  matrix: Type.Optional(Type.Object({
    sources: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: MAX_ITEMS, description: 'videoIds to remix' }),
    prompts: Type.Array(Type.String(), { minItems: 1, maxItems: MAX_ITEMS })
  }, { additionalProperties: false, description: `Instead of items: every source remixed with every prompt, ${MAX_ITEMS} together at most; the sources' order first` })),
  defaults: Type.Optional(Type.Partial(Type.Object(shared), { additionalProperties: false, description: 'For every item that does not say otherwise' })),
  atomic: Type.Optional(Type.Boolean({ description: 'All or none: the first refused item refuses the batch' })),
  clientRequestId: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Makes the batch repeatable, as Idempotency-Key does' }))
}, {
  additionalProperties: false,
  title: 'BatchRequest',
  examples: [{ defaults: { model: 'sora_video2', aspectRatio: '16:9' }, items: [{ prompt: 'A small cat joins the game' }, { prompt: 'The same at night', duration: 15 }] }]
})

export type BatchBody = Static<typeof BatchBodySchema>
export type BatchItemBody = Static<typeof BatchItemSchema>

export const BatchParams = Type.Object({ batchId: Type.String() })

export const BatchQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))
}, { additionalProperties: false })

const Refusal = {
  code: Type.Optional(Type.String({ description: 'Why it was refused; never changes' })),
  error: Type.Optional(Type.String({ description: 'The same for a person' })),
  hint: Type.Optional(Type.String())
}

const ItemResultSchema = Type.Object({
  index: Type.Integer({ description: 'The place in items, from 0' }),
  videoId: Type.Optional(Type.String()),
  repeated: Type.Optional(Type.Literal(true, { description: 'Its clientRequestId made this task before; it is not one of this batch' })),
  ...Refusal,
  field: Type.Optional(Type.String({ description: 'The first field that is to be corrected' })),
  details: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() })))
}, { title: 'BatchItemResult', description: 'A videoId, or why not' })

export const BatchReceiptSchema = Type.Object({
  batchId: Type.String(),
  accepted: Type.Integer(),
  refused: Type.Integer(),
  items: Type.Array(ItemResultSchema)
}, { title: 'BatchReceipt' })

const StandingFields = {
  batchId: Type.String(),
  createdAt: Instant,
  status: Type.Enum(['PROCESSING', 'COMPLETED'], { description: 'COMPLETED once no task is unfinished, however they ended' }),
  total: Type.Integer({ description: 'Its tasks; refused items and deleted tasks are none' }),
  counts: CountsSchema,
  progress: Type.Integer({ minimum: 0, maximum: 100, description: 'The mean of its tasks; one that ended counts 100, however it ended' })
}

export const BatchListSchema = Type.Object({ batches: Type.Array(Type.Object(StandingFields, { title: 'BatchSummary' })), nextCursor: Type.Union([Type.String(), Type.Null()]) })

export const BatchSchema = Type.Object({
  ...StandingFields,
  items: Type.Array(TaskSchema),
  nextCursor: Type.Union([Type.String(), Type.Null()])
}, { title: 'Batch' })

export const BatchCancelledSchema = Type.Object({
  items: Type.Array(Type.Object({ videoId: Type.String(), outcome: Type.Optional(Type.Enum(['cancelled', 'requested', 'tooLate', 'unsupported'])), ...Refusal }))
}, { title: 'BatchCancelled' })

export const BatchRetriedSchema = Type.Object({
  items: Type.Array(Type.Object({ videoId: Type.String(), outcome: Type.Optional(Type.Literal('queued')), ...Refusal }))
}, { title: 'BatchRetried' })
