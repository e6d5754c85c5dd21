-- The provider refused the channel itself (its key, its balance): other channels are asked first until this.
alter table channel_limits add column refused_until timestamptz;

-- GET /api/channels/:channelId/health: what was submitted on a channel of late.
create index task_attempts_channel_id_sent_at_idx on task_attempts (channel_id, sent_at) where sent_at is not null;

-- The client named the channel: no other one may take the task.
alter table tasks add column channel_named boolean not null default false;
