-- Facts about this installation: feed epoch, key fingerprints, asset store marker.
create table instance_settings (
  key         text        primary key,
  value       jsonb       not null,
  updated_at  timestamptz not null default now()
);

create table users (
  id                   bigint      generated always as identity primary key,
  username             text        not null check (length(username) between 1 and 64),
  password_hash        text        not null,
  role                 text        not null check (role in ('admin', 'user')),
  disabled_at          timestamptz,
  password_changed_at  timestamptz not null default now(),
  created_at           timestamptz not null default now()
);

-- Login looks a user up by name, whatever its case.
create unique index users_username_idx on users (lower(username));

-- One row a login. The token carries the id; a deleted or revoked row ends the session on every process.
create table sessions (
  id            uuid        primary key default gen_random_uuid(),
  user_id       bigint      not null references users (id) on delete cascade,
  user_agent    text,
  ip            text,
  created_at    timestamptz not null default now(),
  last_seen_at  timestamptz not null default now(),
  expires_at    timestamptz not null,
  revoked_at    timestamptz
);

-- GET /api/auth/sessions, and "end every session of this user".
create index sessions_user_id_idx on sessions (user_id, created_at desc);

-- Counters behind the login slow-down (columns as rate-limiter-flexible expects them).
create table login_failures (
  key     varchar(255) primary key,
  points  integer      not null default 0,
  expire  bigint
);
