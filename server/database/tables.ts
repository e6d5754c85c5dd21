import type { ColumnType, Generated, GeneratedAlways, Insertable, Kysely, Selectable, Updateable } from 'kysely'
import type { Scope } from '../accounts/scopes.ts'
import type { TaskStatus } from '../tasks/statuses.ts'
import type { AttemptResult, FailureClass } from '../upstreams/upstream.ts'

/** A connection pool or a transaction: functions that take it run in either. */
export type Db = Kysely<Database>

/** jsonb: read parsed; written as JSON text, because pg would take an array for a Postgres array. */
export type Json<T> = ColumnType<T, T | string, T | string>

/** jsonb with a default in the table. */
type JsonDefault<T> = ColumnType<T, T | string | undefined, T | string>

type Timestamp = ColumnType<Date, Date | string, Date | string>
type CreatedAt = ColumnType<Date, Date | string | undefined, never>

export interface Database {
  instance_settings: InstanceSettingsTable
  users: UsersTable
  sessions: SessionsTable
  api_keys: ApiKeysTable
  rate_limits: RateLimitsTable
  channels: ChannelsTable
  channel_credentials: ChannelCredentialsTable
  channel_limits: ChannelLimitsTable
  tasks: TasksTable
  task_batches: TaskBatchesTable
  task_attempts: TaskAttemptsTable
  task_polls: TaskPollsTable
  poll_suspects: PollSuspectsTable
  server_processes: ServerProcessesTable
  task_saves: TaskSavesTable
  run_time_profiles: RunTimeProfilesTable
  task_events: TaskEventsTable
  idempotency_keys: IdempotencyKeysTable
  sse_tickets: SseTicketsTable
  assets: AssetsTable
  characters: CharactersTable
  character_introductions: CharacterIntroductionsTable
  webhook_endpoints: WebhookEndpointsTable
  webhook_deliveries: WebhookDeliveriesTable
  sandbox_jobs: SandboxJobsTable
}

export interface InstanceSettingsTable {
  key: string
  value: Json<unknown>
  updated_at: Generated<Date>
}

export interface UsersTable {
  id: GeneratedAlways<string>
  username: string
  password_hash: string
  role: 'admin' | 'user'
  disabled_at: Timestamp | null
  password_changed_at: Generated<Date>
  created_at: CreatedAt
}

export interface SessionsTable {
  id: Generated<string>
  user_id: string
  user_agent: string | null
  ip: string | null
  created_at: CreatedAt
  last_seen_at: Generated<Date>
  expires_at: Timestamp
  revoked_at: Timestamp | null
}

export interface ApiKeysTable {
  id: Generated<string>
  user_id: string
  name: string
  hash: Buffer
  prefix: string
  last4: string
  scopes: Scope[]
  requests_per_minute: number | null
  created_at: CreatedAt
  last_used_at: Timestamp | null
  expires_at: Timestamp | null
}

export interface RateLimitsTable {
  subject: string
  tokens: number
  refilled_at: Generated<Date>
}

export interface ChannelsTable {
  id: string
  name: string
  type: string
  base_url: string | null
  models: Json<string[]> | null
  settings: JsonDefault<Record<string, unknown>>
  webhook_secret: Buffer | null
  builtin: Generated<boolean>
  priority: Generated<number>
  weight: Generated<number>
  disabled_at: Timestamp | null
  deleted_at: Timestamp | null
  created_at: CreatedAt
  updated_at: Generated<Date>
}

export interface ChannelCredentialsTable {
  id: Generated<string>
  channel_id: string
  base_url: string
  sealed: Buffer
  fingerprint: string
  created_at: CreatedAt
  retired_at: Timestamp | null
}

export interface ChannelLimitsTable {
  channel_id: string
  poll_tokens: Generated<number>
  poll_refilled_at: Generated<Date>
  submit_tokens: Generated<number>
  submit_refilled_at: Generated<Date>
  submit_paused_until: Timestamp | null
  refused_until: Timestamp | null
}

/** What a client may ask for beside the columns; kept for retry. */
export interface TaskOptions {
  watermark?: boolean
  seed?: number
  negativePrompt?: string
  strength?: number
  style?: string
  cameraMotion?: string
  fps?: number
  audio?: boolean
  /** Seconds that an extension adds; `duration` is the whole then. */
  extendBy?: number
  /** Ids of the user's characters that the video shows. */
  characters?: string[]
  parameters?: Record<string, unknown>
}

export interface TasksTable {
  id: string
  user_id: string
  status: TaskStatus
  stage: string
  attempt: Generated<number>
  progress: Generated<number>
  channel_id: string
  credential_id: string | null
  external_task_id: string | null
  model: string
  prompt: string
  size: string | null
  aspect_ratio: string | null
  duration: ColumnType<string | null, number | null | undefined, number | null>
  options: JsonDefault<TaskOptions>
  metadata: JsonDefault<Record<string, unknown>>
  client_request_id: string | null
  error_code: string | null
  error_detail: string | null
  error_class: FailureClass | null
  request_id: string | null
  batch_id: string | null
  /** The client named the channel: no other one may take the task. */
  channel_named: Generated<boolean>
  cancel_requested_at: Timestamp | null
  created_at: CreatedAt
  started_at: Timestamp | null
  completed_at: Timestamp | null
  updated_at: Generated<Date>
  expires_at: Timestamp | null
  deleted_at: Timestamp | null
  type: GeneratedAlways<'generation' | 'remix' | 'edit' | 'extend'>
  remix_from: GeneratedAlways<string | null>
  remix_from_external: GeneratedAlways<string | null>
  /** By a trigger, from its parent's; null for what was made from nothing, which is its own root. */
  root_id: GeneratedAlways<string | null>
  depth: GeneratedAlways<number | null>
}

export interface TaskBatchesTable {
  id: string
  user_id: string
  created_at: CreatedAt
}

export interface TaskAttemptsTable {
  task_id: string
  attempt: number
  state: 'pending' | 'sending' | 'accepted' | 'refused' | 'unsent' | 'unknown' | 'cancelled'
  channel_id: string
  credential_id: string | null
  external_task_id: string | null
  /** What the model went upstream as; the look-up of a lost answer goes by it. */
  upstream_model: string | null
  /** Bound after a look-up, not by the upstream's own answer to us: such an answer beats it. */
  adopted: Generated<boolean>
  handle: Json<unknown> | null
  result: Json<AttemptResult> | null
  lease_token: string | null
  lease_until: Timestamp | null
  tries: Generated<number>
  not_before: Timestamp | null
  sent_at: Timestamp | null
  accepted_at: Timestamp | null
  finished_at: Timestamp | null
  deadline_at: Timestamp
  error_code: string | null
  error_detail: string | null
  created_at: CreatedAt
}

export interface TaskPollsTable {
  task_id: string
  attempt: number
  user_id: string
  channel_id: string
  next_poll_at: Timestamp | null
  is_open: GeneratedAlways<boolean>
  lease_token: string | null
  lease_until: Timestamp | null
  lease_owner: string | null
  polls: Generated<number>
  failures: Generated<number>
  missing: Generated<number>
  missing_since: Timestamp | null
  progress: Generated<number>
  progress_source: Generated<'reported' | 'estimated'>
  stage: Generated<string>
  queue_position: number | null
  estimated_completion_at: Timestamp | null
  polled_after_ms: Generated<number>
  progress_after_ms: Generated<number>
  changed_at: Generated<Date>
}

export interface PollSuspectsTable {
  task_id: string
  attempt: number
  held_by: string | null
  crashes: Generated<number>
  quarantined_at: Timestamp | null
  suspected_at: CreatedAt
}

export interface ServerProcessesTable {
  id: string
  host: string
  pid: number
  started_at: CreatedAt
  seen_at: Generated<Date>
  stopping_at: Timestamp | null
}

export interface RunTimeProfilesTable {
  channel_id: string
  model: string
  duration: ColumnType<string, number | string, never>
  bins: number[]
  runs: number
  foretold: number
  overrun: number
  updated_at: Generated<Date>
}

export interface TaskEventsTable {
  id: GeneratedAlways<string>
  xid: ColumnType<string, never, string>
  user_id: string
  task_id: string
  attempt: number
  kind: Generated<'status' | 'note' | 'batch'>
  status: TaskStatus
  stage: string
  progress: Generated<number>
  error_code: string | null
  detail: Json<unknown> | null
  created_at: CreatedAt
}

export interface IdempotencyKeysTable {
  user_id: string
  key: string
  request_hash: string
  task_id: string | null
  reply_status: number | null
  reply_body: Json<unknown> | null
  by_retry: Generated<boolean>
  created_at: Generated<Date>
}

export interface SseTicketsTable {
  hash: Buffer
  session_id: string | null
  key_id: string | null
  expires_at: Timestamp
}

export interface TaskSavesTable {
  task_id: string
  attempt: number
  next_try_at: Generated<Date>
  lease_token: string | null
  lease_until: Timestamp | null
  tries: Generated<number>
  unreadable: Generated<number>
  error: string | null
  created_at: CreatedAt
}

export interface AssetsTable {
  id: Generated<string>
  task_id: string
  kind: 'input' | 'source' | 'first_frame' | 'last_frame' | 'reference' | 'video' | 'thumbnail' | 'spritesheet'
  /** Its place among those of its kind. */
  position: Generated<number>
  sha256: string
  size: ColumnType<string, number | string, never>
  content_type: string
  file_name: string | null
  duration_ms: number | null
  width: number | null
  height: number | null
  created_at: CreatedAt
  last_used_at: Generated<Date>
}

export interface CharactersTable {
  id: string
  user_id: string
  name: string
  sha256: string
  size: ColumnType<string, number | string, never>
  content_type: string
  file_name: string
  created_at: CreatedAt
}

export interface CharacterIntroductionsTable {
  character_id: string
  channel_id: string
  credential_id: string | null
  external_character_id: string
  created_at: CreatedAt
}

export interface WebhookEndpointsTable {
  id: string
  user_id: string
  task_id: string | null
  name: string | null
  url: string
  host: string
  events: string[]
  format: Generated<'reelay' | 'openai'>
  secret: Buffer | null
  previous_secrets: ColumnType<Buffer[], never, Buffer[]>
  previous_secrets_until: ColumnType<Date[], never, Date[]>
  paused_until: Timestamp | null
  failing_since: Timestamp | null
  disabled_at: Timestamp | null
  disabled_reason: 'user' | 'gone' | 'failing' | null
  created_at: CreatedAt
  updated_at: Generated<Date>
}

export interface WebhookDeliveriesTable {
  id: Generated<string>
  endpoint_id: string
  task_id: string
  event_id: string
  event_type: string
  payload: string | null
  status: Generated<'pending' | 'delivered' | 'failed'>
  attempts: Generated<number>
  tries: Generated<number>
  next_at: Timestamp | null
  lease_until: Timestamp | null
  last_attempt_at: Timestamp | null
  response_status: number | null
  response_excerpt: string | null
  error: string | null
  delivered_at: Timestamp | null
  created_at: CreatedAt
}

export interface SandboxJobsTable {
  id: string
  dialect: string
  model: string
  prompt: string
  source_id: string | null
  request: Json<Record<string, unknown>>
  behaviour: JsonDefault<Record<string, unknown>>
  duration_ms: number
  cancelled_at: Timestamp | null
  created_at: CreatedAt
}

export type User = Selectable<UsersTable>
export type Session = Selectable<SessionsTable>
export type ApiKey = Selectable<ApiKeysTable>
export type Channel = Selectable<ChannelsTable>
export type NewChannel = Insertable<ChannelsTable>
export type ChannelCredential = Selectable<ChannelCredentialsTable>
export type Task = Selectable<TasksTable>
export type NewTask = Insertable<TasksTable>
export type TaskUpdate = Updateable<TasksTable>
export type TaskBatch = Selectable<TaskBatchesTable>
export type TaskAttempt = Selectable<TaskAttemptsTable>
export type TaskAttemptUpdate = Updateable<TaskAttemptsTable>
export type TaskPoll = Selectable<TaskPollsTable>
export type TaskEvent = Selectable<TaskEventsTable>
export type SseTicket = Selectable<SseTicketsTable>
export type Asset = Selectable<AssetsTable>
export type Character = Selectable<CharactersTable>
export type WebhookEndpoint = Selectable<WebhookEndpointsTable>
export type WebhookDelivery = Selectable<WebhookDeliveriesTable>
export type SandboxJob = Selectable<SandboxJobsTable>
