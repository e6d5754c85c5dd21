-- A batch whose last task ended is an event of its user, as a change of status is: streams read both in one order.
alter table task_events drop constraint task_events_kind_check;
alter table task_events add constraint task_events_kind_check check (kind in ('status', 'note', 'batch'));

-- The feed of a process: everything new, filtered by who listens there.
drop index task_events_xid_id_idx;
create index task_events_xid_id_idx on task_events (xid, id) where kind <> 'note';

-- A stream that resumes: one user's events after a cursor.
drop index task_events_user_id_xid_id_idx;
create index task_events_user_id_xid_id_idx on task_events (user_id, xid, id) where kind <> 'note';

-- Asked whenever a task of a batch ends: is another one unfinished?
create index tasks_unfinished_batch_id_idx on tasks (batch_id) where batch_id is not null and status in ('QUEUED', 'PROCESSING');

-- GET /api/video/batches: own batches, newest first, by cursor, which knows milliseconds.
alter table task_batches alter column created_at set default date_trunc('milliseconds', clock_timestamp());
update task_batches set created_at = date_trunc('milliseconds', created_at);
create index task_batches_user_id_created_at_id_idx on task_batches (user_id, created_at, id);

-- Lineage: the children of a task, tombstones included, without a look at their rows; remixCount.
create index tasks_remix_from_user_id_id_idx on tasks (remix_from, user_id, id) where remix_from is not null;
drop index tasks_remix_from_idx;

-- Who asked to be told everything is told of batches, too.
update webhook_endpoints
set events = events || array['batch.completed']
where format = 'reelay' and task_id is null
  and events @> array['task.created', 'task.processing', 'task.completed', 'task.failed', 'task.cancelled']
  and not events @> array['batch.completed'];
