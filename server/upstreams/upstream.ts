import type { IncomingHttpHeaders } from 'node:http'
import type { EgressPolicy } from './egress.ts'
import type { ListWindow } from './list-window.ts'

/** The ways to make a video from another. */
export type Derivation = 'remix' | 'edit' | 'extend'

/** Not at all, with any value, or one of these values. */
export type Taken<Value> = boolean | readonly Value[]

/**
 * What one model of an adapter can do. A missing list of sizes, ratios or seconds means "not known: passed on as
 * given"; everything else that is missing is not taken, and refused before anything is paid for.
 */
export interface ModelCapabilities {
  /** The name that goes upstream; the client's name when absent. */
  upstreamModel?: string
  sizes?: readonly string[]
  aspectRatios?: readonly string[]
  /** Whole seconds. */
  seconds?: readonly number[]
  imageInput: boolean
  /** What it makes no video without: an image, or another video. */
  needs?: 'image' | 'video'
  /** The ways it has to make a video from another; without this all that its channel has. */
  derivations?: readonly Derivation[]
  firstFrame?: boolean
  lastFrame?: boolean
  /** How many at most. */
  referenceImages?: number
  /** Whether these can come with an image that the video begins or ends with. */
  mixesImages?: boolean
  seed?: boolean
  negativePrompt?: boolean
  watermark?: boolean
  /** How far the video may leave the image or video it is made from, 0 to 1. */
  strength?: boolean
  style?: Taken<string>
  cameraMotion?: Taken<string>
  fps?: Taken<number>
  /** Whether it can be said that the video is to have sound, or none. */
  audio?: boolean
}

export interface Capabilities {
  /** Known models by the name a client sends. */
  models: Readonly<Record<string, ModelCapabilities>>
  /** Whether a name outside `models` may be sent (`*` in the channel's list). */
  anyModel: boolean
  /** What a model that the adapter does not know is taken to be able to do: what the protocol has a field for. Its upstream decides. */
  otherModel: ModelCapabilities
  /** What a remix, an edit or an extension carries beside prompt and shape, whatever the model takes for a new video. */
  derived: ModelCapabilities
  remix: boolean
  edit: boolean
  extend: boolean
  /** Whether a new video can show characters, made known by `createCharacter`. */
  characters: boolean
  cancel: boolean
  list: boolean
  /** Whether the provider can post events, read by `readWebhook`. */
  webhook: boolean
  /** Whether its list tells of many jobs at once what a poll would. */
  pollMany: boolean
  progress: boolean
  /** How a submission of unknown outcome can be cleared up (DESIGN §4.1). */
  createSafety: 'idempotent' | 'lookup' | 'list' | 'none'
  /** Least time between two polls of one task, in milliseconds. */
  minPollMs: number
}

/** The account an adapter speaks for. */
export interface UpstreamAccount {
  channelId: string
  baseUrl: string
  apiKey: string
  settings: Readonly<Record<string, unknown>>
  /** What the provider signs its events with, where that was agreed. */
  webhookSecret?: string
}

/** A file that goes to the upstream with a submission. */
export interface InputFile {
  bytes: Buffer
  contentType: string
  /** ASCII only: other names made uploads fail at the report's upstream. */
  fileName: string
}

export interface InputImage extends InputFile {
  contentType: 'image/png' | 'image/jpeg' | 'image/webp'
}

export interface SubmissionRequest {
  /** Ours, the same for every try of one attempt: for providers that take an idempotency key or a reference. */
  reference: string
  /** The monotonic time (`performance.now()`) after which it must not be sent any more: others may take it for unsent. */
  sendBy?: number
  prompt: string
  model: string
  /** What the model goes upstream as, also when the channel's alias for it leads elsewhere by now. */
  upstreamModel?: string
  size?: string
  aspectRatio?: string
  duration?: number
  image?: InputImage
  firstFrame?: InputImage
  lastFrame?: InputImage
  referenceImages?: readonly InputImage[]
  /** What is to be edited or extended, when it is no video of the upstream's. */
  video?: InputFile
  /** What the upstream calls the characters to be shown. */
  characters?: readonly string[]
  /** An https URL the provider is to read itself. */
  imageUrl?: string
  watermark?: boolean
  seed?: number
  negativePrompt?: string
  /** 0 to 1. */
  strength?: number
  style?: string
  cameraMotion?: string
  fps?: number
  audio?: boolean
  parameters: Readonly<Record<string, unknown>>
}

/** The upstream job a later call is about. */
export interface UpstreamJob {
  externalTaskId: string
  /** Whatever else the adapter wanted kept. */
  handle?: unknown
  result?: AttemptResult
}

/** Where the upstream keeps what it made. */
export interface AttemptResult {
  videoUrl?: string
  thumbnailUrl?: string
  expiresAt?: string
}

export type FailureClass = 'moderation' | 'quota' | 'rate_limit' | 'invalid_input' | 'auth' | 'unavailable' | 'lost' | 'unreadable' | 'unknown'

/** The upstream's word, made safe to show: no key, no markup, at most 500 characters. */
export interface UpstreamFailure {
  class: FailureClass
  message: string
  /** The provider's own code, where it has one. */
  code?: string
  httpStatus?: number
  /** Milliseconds, already clamped to 10 minutes. */
  retryAfterMs?: number
}

export type SubmissionOutcome =
  | { outcome: 'accepted', externalTaskId: string, handle?: unknown, progress?: number, pollAfterMs?: number }
  /** A documented 4xx: nothing was made. */
  | { outcome: 'refused', failure: UpstreamFailure }
  /** Not one byte of the request left: DNS, refused connection, open breaker. */
  | { outcome: 'unsent', failure: UpstreamFailure }
  /** Anything after the first byte: it may have been made and billed. */
  | { outcome: 'unknown', failure: UpstreamFailure }

export type PollResult =
  | { state: 'running', stage: 'waiting' | 'generating', progress?: number, queuePosition?: number, pollAfterMs?: number }
  | { state: 'completed', result: AttemptResult }
  | { state: 'failed', failure: UpstreamFailure }
  | { state: 'cancelled' }
  /** 404: it takes several over a minimum time before the job counts as lost. */
  | { state: 'missing', failure: UpstreamFailure }
  /** Anything that says nothing about the job: it never fails a task. */
  | { state: 'unavailable', failure: UpstreamFailure }

/** The upstream gave no answer that says anything about jobs. */
export type Unavailable = Extract<PollResult, { state: 'unavailable' }>

/** A page of the account's jobs: what it says of those asked for, by external id. A job that it does not show is not missing. */
export type PolledPage =
  | { state: 'listed', polls: ReadonlyMap<string, PollResult>, next?: string }
  | Unavailable

export type CancelResult = 'cancelled' | 'requested' | 'tooLate' | 'unsupported'

export type CheckResult = { ok: true } | { ok: false, failure: UpstreamFailure }

/** A job as the upstream lists it, for clearing up an unknown submission. */
export interface ListedJob {
  externalTaskId: string
  model?: string
  prompt?: string
  /** As the provider writes it. */
  size?: string
  seconds?: number
  /** The id of the video it was made from, where the list says so. */
  remixedFrom?: string
  createdAt: Date
  poll?: PollResult
}

/** An event as it came in. */
export interface WebhookDelivery { headers: IncomingHttpHeaders, body: Buffer }

/** What an event is about: never more than that, because only a poll tells how a job is. */
export type WebhookReading =
  | { event: 'job', externalTaskId: string }
  /** One that no poll would follow. */
  | { event: 'other' }
  | { event: 'refused', reason: 'forged' | 'stale' | 'unreadable' }

/** Where the bytes are and which headers they need. The credential is in `headers` only for the account's own origin. */
export interface ContentLocation {
  url: string
  headers: Readonly<Record<string, string>>
  /** For the egress client: whether the URL is the account's own or came from the upstream's reply. */
  policy: EgressPolicy
}

/** One provider's protocol for one account. Methods answer with outcomes; they throw only on a bug or an abort. */
export interface Upstream {
  readonly capabilities: Capabilities
  create (request: SubmissionRequest, signal: AbortSignal): Promise<SubmissionOutcome>
  poll (job: UpstreamJob, signal: AbortSignal): Promise<PollResult>
  content (job: UpstreamJob, variant: 'video' | 'thumbnail'): ContentLocation | undefined
  remix? (source: UpstreamJob, request: SubmissionRequest, signal: AbortSignal): Promise<SubmissionOutcome>
  /** Throws EgressError when the upstream cannot be asked. */
  /** Changes a finished video, or without a source the one in `request.video`; `extend` adds `request.duration` seconds to it. */
  edit? (source: UpstreamJob | undefined, request: SubmissionRequest, signal: AbortSignal): Promise<SubmissionOutcome>
  extend? (source: UpstreamJob | undefined, request: SubmissionRequest, signal: AbortSignal): Promise<SubmissionOutcome>
  /** Shows somebody or something to the provider: `externalTaskId` of the outcome is its name for it. It costs nothing. */
  createCharacter? (character: { name: string, video: InputFile }, signal: AbortSignal): Promise<SubmissionOutcome>
  cancel? (job: UpstreamJob, signal: AbortSignal): Promise<CancelResult>
  /** Looks for the jobs on the first page of the account's list, or on the one that `after` (a page's `next`) leads to. */
  pollMany? (jobs: readonly UpstreamJob[], signal: AbortSignal, after?: string): Promise<PolledPage>
  /** The account's jobs created in [from, to], newest first. Throws EgressError when the list cannot be read. */
  list? (window: ListWindow, signal: AbortSignal): Promise<ListedJob[]>
  /** Proves address and key by a call that costs nothing. Throws EgressError when there is no answer. */
  check? (signal: AbortSignal): Promise<CheckResult>
  /** Checks the provider's own signature, where the account has a secret for it, and reads what the event is about. */
  readWebhook? (delivery: WebhookDelivery): WebhookReading
}
