-- Finished videos whose bytes are still to be copied. A row says that something is left to do; whoever holds its lease does it.
create table task_saves (
  task_id      text         not null,
  attempt      integer      not null,
  next_try_at  timestamptz  not null default now(),
  lease_token  uuid,
  lease_until  timestamptz,
  tries        integer      not null default 0,
  -- Tries whose bytes were no video; those that could not be had at all are not counted.
  unreadable   integer      not null default 0,
  error        text,
  created_at   timestamptz  not null default now(),
  primary key (task_id, attempt),
  foreign key (task_id, attempt) references task_attempts (task_id, attempt)
);

-- The sweeper: copies that are overdue.
create index task_saves_next_try_at_idx on task_saves (next_try_at);

-- What was read from the file itself.
alter table assets add column duration_ms integer, add column width integer, add column height integer;
