-- Token buckets and pauses shared by all processes: one row a channel, written only for channels that have limits.
create table channel_limits (
  channel_id           text              primary key references channels (id),
  poll_tokens          double precision  not null default 0,
  poll_refilled_at     timestamptz       not null default '-infinity',
  submit_tokens        double precision  not null default 0,
  submit_refilled_at   timestamptz       not null default '-infinity',
  -- The upstream answered 429: nothing is submitted before this.
  submit_paused_until  timestamptz
);

-- How many tasks a channel has in hand, and which waits longest.
create index tasks_channel_id_created_at_idx on tasks (channel_id, created_at) where status in ('QUEUED', 'PROCESSING');
