-- What was asked for at once. Its tasks know it; how it stands is counted from them.
create table task_batches (
  id          text         primary key,
  user_id     bigint       not null references users (id),
  created_at  timestamptz  not null default now()
);

alter table tasks add column batch_id text references task_batches (id);

-- GET /api/video/batches/:batchId: its tasks in their order, by cursor, and how many have which status.
create index tasks_batch_id_created_at_id_idx on tasks (batch_id, created_at, id) where batch_id is not null;

-- How many tasks a channel has in hand, and which is next: a batch comes after what somebody waits for.
create index tasks_line_idx on tasks (channel_id, (batch_id is not null), created_at) where status in ('QUEUED', 'PROCESSING');
drop index tasks_channel_id_created_at_idx;
