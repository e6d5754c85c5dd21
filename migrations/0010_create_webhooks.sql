-- Where a user wants to be told. With a task_id: the callbackUrl of that task alone, signed with the user's callback
-- secret, which is derived and stands nowhere.
create table webhook_endpoints (
  id                     text         primary key,
  user_id                bigint       not null references users (id) on delete cascade,
  task_id                text         references tasks (id) on delete cascade,
  name                   text,
  url                    text         not null,
  events                 text[]       not null,
  format                 text         not null default 'reelay' check (format in ('reelay', 'openai')),
  secret                 bytea        check (secret is not null or task_id is not null),
  previous_secret        bytea,
  previous_secret_until  timestamptz,
  failing_since          timestamptz,
  disabled_at            timestamptz,
  disabled_reason        text         check (disabled_reason in ('user', 'gone', 'failing')),
  created_at             timestamptz  not null default now(),
  updated_at             timestamptz  not null default now()
);

-- Asked at every status change, whether anybody is to be told; and the list of a user's endpoints.
create index webhook_endpoints_user_id_task_id_idx on webhook_endpoints (user_id, task_id);

-- Removing a task.
create index webhook_endpoints_task_id_idx on webhook_endpoints (task_id) where task_id is not null;

-- One event for one endpoint. The id is the webhook-id of every try. The payload is written by the first try.
create table webhook_deliveries (
  id                text         primary key default 'msg_' || replace(gen_random_uuid()::text, '-', ''),
  endpoint_id       text         not null references webhook_endpoints (id) on delete cascade,
  task_id           text         not null,
  event_id          bigint       not null,
  event_type        text         not null,
  payload           text,
  status            text         not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
  -- Never goes back: what a try may write depends on it.
  attempts          integer      not null default 0,
  -- The place in the schedule; a redelivery starts it anew.
  tries             integer      not null default 0,
  next_at           timestamptz  default now() check (status <> 'pending' or next_at is not null),
  last_attempt_at   timestamptz,
  response_status   smallint,
  response_excerpt  text,
  error             text,
  delivered_at      timestamptz,
  created_at        timestamptz  not null default clock_timestamp()
);

-- The list of an endpoint's deliveries, newest first; and its failed ones since a time.
create index webhook_deliveries_endpoint_id_created_at_id_idx on webhook_deliveries (endpoint_id, created_at, id);

-- What is overdue, and what a disabled endpoint gives up.
create index webhook_deliveries_next_at_idx on webhook_deliveries (next_at) where status = 'pending';

-- Retention.
create index webhook_deliveries_created_at_idx on webhook_deliveries using brin (created_at);
