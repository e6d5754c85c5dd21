-- The simulated provider's ledger when it runs inside the server: every process sees the same jobs, and a restart loses none.
create table sandbox_jobs (
  id           text        primary key,
  dialect      text        not null,
  model        text        not null,
  prompt       text        not null,
  source_id    text,
  request      jsonb       not null,
  behaviour    jsonb       not null default '{}',
  duration_ms  integer     not null,
  cancelled_at timestamptz,
  created_at   timestamptz not null default now()
);

-- The dialects that list their jobs, newest first.
create index sandbox_jobs_created_at_idx on sandbox_jobs (created_at desc);
