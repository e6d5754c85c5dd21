import { Type, type Static } from 'typebox'
import { FORMS } from '../../server/text-forms.ts'

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const UnixSeconds = Type.Integer({ description: 'Seconds since 1970' })

export const OpenaiErrorSchema = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: Nullable(Type.String()),
    code: Nullable(Type.String())
  })
}, { title: 'OpenAIError', description: 'Refused or failed. `x-should-retry: false` says that a repeat would not help' })

/** In the words of the contract; what it does not know is passed on to the provider. */
export const VideoBodySchema = Type.Object({
  prompt: Type.String({ minLength: 1, maxLength: 32_000 }),
  model: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Default: the channel\'s first' })),
  seconds: Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 3_600 }), Type.String({ pattern: FORMS.seconds })])),
  size: Type.Optional(Type.String({ pattern: FORMS.size, description: 'Width x height in pixels, like 720x1280' })),
  input_reference: Type.Optional(Type.Union([
    Type.String({ minLength: 1, maxLength: 20_971_520 }),
    Type.Object({ image_url: Type.Optional(Type.String({ minLength: 1, maxLength: 20_971_520 })), file_id: Type.Optional(Type.String()) }, { additionalProperties: false })
  ], { description: 'An image: a file part of a form, or `{ "image_url" }` with an https or data URL' })),
  characters: Type.Optional(Type.Array(Type.Object({ id: Type.String({ minLength: 1, maxLength: 512 }) }, { additionalProperties: false }), { minItems: 1, maxItems: 2, description: 'Characters of yours that a new video shows, where the channel\'s provider can' })),
  aspect_ratio: Type.Optional(Type.String({ pattern: FORMS.aspectRatio, description: 'Instead of size' })),
  seed: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  negative_prompt: Type.Optional(Type.String({ minLength: 1, maxLength: 32_000 })),
  watermark: Type.Optional(Type.Boolean()),
  metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown()))
}, { title: 'VideoRequest', examples: [{ model: 'sora-2', prompt: 'A small cat joins the game', seconds: '4' }] })

const SourceVideo = Type.Object({ id: Type.String({ minLength: 1, maxLength: 512 }) }, { additionalProperties: false, description: 'A finished video of yours; or, in a form, a file part' })

/** Edits and extensions; without a source's model an upload may name one. */
export const DerivationBodySchema = Type.Object({ ...VideoBodySchema.properties, video: Type.Optional(SourceVideo) }, { title: 'VideoEditRequest', examples: [{ prompt: 'The same at night', video: { id: 'video_1760000000000_abcdefg' } }] })
export const ExtensionBodySchema = Type.Object({ ...DerivationBodySchema.properties, seconds: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 3_600 }), Type.String({ pattern: FORMS.seconds })]) }, { title: 'VideoExtensionRequest' })

/** For the reference only. */
export const DerivationFormSchema = Type.Object({
  ...VideoBodySchema.properties,
  video: Type.Optional(Type.Unsafe<never>({ type: 'string', format: 'binary', description: 'MP4, QuickTime or WebM by its bytes, up to 50 MiB; or video[id]' }))
}, { title: 'VideoDerivationForm' })

export type VideoBody = Static<typeof VideoBodySchema>

/** How the same looks as a form; for the reference only, the body above is what is checked. */
export const VideoFormSchema = Type.Object({
  ...VideoBodySchema.properties,
  input_reference: Type.Optional(Type.Unsafe<never>({ type: 'string', format: 'binary', description: 'The image as a file; or input_reference[image_url]' }))
}, { title: 'VideoForm' })

export const VideoParams = Type.Object({ video_id: Type.String() })

export const VideoSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('video'),
  model: Type.String(),
  status: Type.Enum(['queued', 'in_progress', 'completed', 'failed']),
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  created_at: UnixSeconds,
  completed_at: Nullable(UnixSeconds),
  expires_at: Nullable(UnixSeconds),
  prompt: Nullable(Type.String()),
  size: Type.String(),
  seconds: Type.String(),
  remixed_from_video_id: Nullable(Type.String()),
  error: Nullable(Type.Object({ code: Type.String(), message: Type.String() }))
}, { title: 'Video' })

export const VideoListSchema = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(VideoSchema),
  first_id: Nullable(Type.String()),
  last_id: Nullable(Type.String()),
  has_more: Type.Boolean()
}, { title: 'VideoList' })

export const VideoListQuery = Type.Object({
  after: Type.Optional(Type.String({ maxLength: 512, description: 'The last id of the page before' })),
  limit: Type.Integer({ minimum: 0, maximum: 100, default: 20 }),
  order: Type.Enum(['asc', 'desc'], { default: 'desc', description: 'By the time of creation' })
})

export const VideoDeletedSchema = Type.Object({ id: Type.String(), object: Type.Literal('video.deleted'), deleted: Type.Literal(true) }, { title: 'VideoDeleted' })

export const CharacterSchema = Type.Object({ id: Type.String(), name: Type.String(), created_at: UnixSeconds }, { title: 'Character' })
export const CharacterListSchema = Type.Object({ object: Type.Literal('list'), data: Type.Array(CharacterSchema) }, { title: 'CharacterList' })
export const CharacterDeletedSchema = Type.Object({ id: Type.String(), object: Type.Literal('character.deleted'), deleted: Type.Literal(true) }, { title: 'CharacterDeleted' })

export const ModelSchema = Type.Object({ id: Type.String(), object: Type.Literal('model'), created: UnixSeconds, owned_by: Type.String() }, { title: 'Model' })
export const ModelListSchema = Type.Object({ object: Type.Literal('list'), data: Type.Array(ModelSchema) }, { title: 'ModelList' })

/** What every operation of this API may answer beside its success. */
export const failures = { '4xx': OpenaiErrorSchema, '5xx': OpenaiErrorSchema }
