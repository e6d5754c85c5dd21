-- A channel is one upstream account. `builtin` marks the sandbox, which is no channel of the owner's.
create table channels (
  id           text        primary key,
  name         text        not null,
  type         text        not null,
  base_url     text,
  models       jsonb,
  settings     jsonb       not null default '{}',
  builtin      boolean     not null default false,
  priority     integer     not null default 0,
  weight       integer     not null default 1 check (weight > 0),
  disabled_at  timestamptz,
  deleted_at   timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now()
);

-- A name is free again once its channel was deleted.
create unique index channels_name_idx on channels (name) where deleted_at is null;

-- Keys are sealed and kept apart from the channel: a task stays on the credential it was submitted with.
create table channel_credentials (
  id          uuid        primary key default gen_random_uuid(),
  channel_id  text        not null references channels (id),
  sealed      bytea       not null,
  fingerprint text        not null,
  created_at  timestamptz not null default now(),
  retired_at  timestamptz
);

-- The one current credential of a channel.
create unique index channel_credentials_current_idx on channel_credentials (channel_id) where retired_at is null;
