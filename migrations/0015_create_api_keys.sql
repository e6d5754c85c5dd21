-- Keys of programs. Only the SHA-256 is kept; prefix and last4 are for people to tell them apart. A revoked key is deleted.
create table api_keys (
  id                   uuid         primary key default gen_random_uuid(),
  user_id              bigint       not null references users (id) on delete cascade,
  name                 text         not null,
  hash                 bytea        not null,
  prefix               text         not null,
  last4                text         not null,
  scopes               text[]       not null check (scopes <@ array['tasks:read', 'tasks:write', 'admin']),
  requests_per_minute  integer      check (requests_per_minute > 0),
  created_at           timestamptz  not null default now(),
  -- At most a minute behind.
  last_used_at         timestamptz,
  expires_at           timestamptz
);

-- Whose key a request came with.
create unique index api_keys_hash_idx on api_keys (hash);

-- GET /api/keys, and how many a user has.
create index api_keys_user_id_created_at_idx on api_keys (user_id, created_at desc);

-- A ticket is of the session or of the key that asked for it, and dies with it.
alter table sse_tickets
  alter column session_id drop not null,
  add column key_id uuid references api_keys (id) on delete cascade,
  add constraint sse_tickets_owner_check check (num_nonnulls(session_id, key_id) = 1);
