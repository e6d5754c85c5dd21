-- The worker processes that live. Each holds an advisory lock under its id as long as its connection lasts: when the
-- lock is free and the process has been silent, it is dead, and what it had in hand is taken from it.
create table server_processes (
  id           uuid         primary key,
  -- For the log.
  host         text         not null,
  pid          integer      not null,
  started_at   timestamptz  not null default now(),
  seen_at      timestamptz  not null default now(),
  -- It was told to stop: if it dies now, that is no crash.
  stopping_at  timestamptz
);

-- Who holds, or last held, the lease. Found through task_polls_channel_id_idx, only when a process has died.
alter table task_polls add column lease_owner uuid;

-- Polls that were in hand when a process crashed. They are run apart from all others until one has come to its end.
-- The lease of such a poll lasts until 'infinity', so that no job of the queue can take it.
create table poll_suspects (
  task_id         text         not null,
  attempt         integer      not null,
  -- The process that runs it apart.
  held_by         uuid         references server_processes (id) on delete set null,
  -- Processes that ended while they had this poll in hand and nothing else.
  crashes         smallint     not null default 0,
  quarantined_at  timestamptz,
  suspected_at    timestamptz  not null default now(),
  primary key (task_id, attempt),
  foreign key (task_id, attempt) references task_polls (task_id, attempt) on delete cascade
);
