-- Token buckets of API keys and users (subject: key:<id>, user:<id>); only those with a limit have one. Unlogged: after a
-- crash of Postgres the buckets are full again, and taking from one waits for no disk. The free half of a page keeps updates in it.
create unlogged table rate_limits (
  subject      text              primary key,
  tokens       double precision  not null,
  refilled_at  timestamptz       not null default now()
) with (fillfactor = 50);
