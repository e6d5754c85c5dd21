create table tasks (
  id                        text        primary key,
  user_id                   bigint      not null references users (id),
  status                    text        not null check (status in ('QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')),
  stage                     text        not null,
  attempt                   integer     not null default 1,
  progress                  smallint    not null default 0 check (progress between 0 and 100),
  channel_id                text        not null references channels (id),
  credential_id             uuid        references channel_credentials (id),
  external_task_id          text,
  model                     text        not null,
  prompt                    text        not null,
  size                      text,
  aspect_ratio              text,
  duration                  numeric,
  options                   jsonb       not null default '{}',
  metadata                  jsonb       not null default '{}',
  client_request_id         text,
  error_code                text,
  error_detail              text,
  request_id                text,
  cancel_requested_at       timestamptz,
  -- To the millisecond, as a cursor and a JavaScript date hold it.
  created_at                timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  started_at                timestamptz,
  completed_at              timestamptz,
  updated_at                timestamptz not null default now(),
  expires_at                timestamptz,
  deleted_at                timestamptz,
  -- The metadata is the truth; these make it queryable without a second copy. No foreign key: it would block deletion.
  type                      text        generated always as (coalesce(metadata ->> 'type', 'generation')) stored,
  remix_from                text        generated always as (metadata ->> 'remix_from') stored,
  remix_from_external       text        generated always as (metadata ->> 'remix_from_external') stored
) with (fillfactor = 85);

-- GET /api/video/tasks: own tasks, newest first, by cursor.
create index tasks_user_id_created_at_id_idx on tasks (user_id, created_at desc, id desc) where deleted_at is null;

-- Lineage: the children of a task, tombstones included; remixCount.
create index tasks_remix_from_idx on tasks (remix_from) where remix_from is not null;

-- Lineage by the upstream's id, as the owner's report writes it.
create index tasks_remix_from_external_idx on tasks (remix_from_external) where remix_from_external is not null;

-- The snapshot of a stream and the metrics: tasks that are not finished.
create index tasks_active_idx on tasks (user_id, created_at desc) where status in ('QUEUED', 'PROCESSING');

-- One try at having a task made. The row is committed as `sending` before the socket opens.
create table task_attempts (
  task_id           text        not null references tasks (id),
  attempt           integer     not null check (attempt > 0),
  state             text        not null check (state in ('pending', 'sending', 'accepted', 'refused', 'unsent', 'unknown', 'cancelled')),
  channel_id        text        not null references channels (id),
  credential_id     uuid        references channel_credentials (id),
  external_task_id  text,
  adopted           boolean     not null default false,
  handle            jsonb,
  result            jsonb,
  lease_token       uuid,
  lease_until       timestamptz,
  tries             integer     not null default 0,
  not_before        timestamptz,
  sent_at           timestamptz,
  accepted_at       timestamptz,
  finished_at       timestamptz,
  deadline_at       timestamptz not null,
  error_code        text,
  error_detail      text,
  created_at        timestamptz not null default now(),
  primary key (task_id, attempt)
);

-- An external id belongs to one attempt of its channel: no two tasks can adopt the same upstream job.
create unique index task_attempts_channel_id_external_task_id_idx on task_attempts (channel_id, external_task_id) where external_task_id is not null;

-- The sweeper: attempts whose sender died, and those whose outcome is still unknown.
create index task_attempts_open_idx on task_attempts (state, lease_until) where state in ('pending', 'sending', 'unknown');

-- What polling writes, kept narrow: updating the wide task row cost 1,880 bytes of WAL a poll against about 250 (measured).
create table task_polls (
  task_id                  text        not null,
  attempt                  integer     not null,
  user_id                  bigint      not null,
  channel_id               text        not null,
  next_poll_at             timestamptz,
  -- For the predicates of indexes: named there, next_poll_at itself would cost every poll an update of all indexes (no HOT update).
  is_open                  boolean     not null generated always as (next_poll_at is not null) stored,
  lease_token              uuid,
  lease_until              timestamptz,
  polls                    integer     not null default 0,
  failures                 integer     not null default 0,
  missing                  integer     not null default 0,
  missing_since            timestamptz,
  progress                 smallint    not null default 0,
  progress_source          text        not null default 'estimated' check (progress_source in ('reported', 'estimated')),
  stage                    text        not null default 'waiting',
  queue_position           integer,
  estimated_completion_at  timestamptz,
  -- Milliseconds after the upstream's acceptance: the last look, and the look that first saw this progress.
  polled_after_ms          double precision  not null default 0,
  progress_after_ms        double precision  not null default 0,
  changed_at               timestamptz not null default now(),
  primary key (task_id, attempt),
  foreign key (task_id, attempt) references task_attempts (task_id, attempt)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- The sweeper: polls overdue with no job waiting.
create index task_polls_channel_id_idx on task_polls (channel_id) where is_open;

-- The hub: progress of the tasks of the users who listen here.
create index task_polls_user_id_idx on task_polls (user_id) where is_open;

-- A key and the reply it earned. `reply` stays null until the first answer was made.
create table idempotency_keys (
  user_id       bigint      not null references users (id) on delete cascade,
  key           text        not null check (length(key) between 1 and 255),
  request_hash  text        not null,
  task_id       text        references tasks (id),
  reply_status  integer,
  reply_body    jsonb,
  created_at    timestamptz not null default now(),
  primary key (user_id, key)
);

-- Pruning keys older than their retention.
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);
