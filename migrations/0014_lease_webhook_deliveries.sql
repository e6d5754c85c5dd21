-- While a try is under way nobody begins another, whatever next_at says.
alter table webhook_deliveries add column lease_until timestamptz;

-- A page's cursor knows milliseconds, so the rows do too: the index serves the list.
alter table webhook_deliveries alter column created_at set default date_trunc('milliseconds', clock_timestamp());
update webhook_deliveries set created_at = date_trunc('milliseconds', created_at);

-- Blanking what was sent about a deleted task.
create index webhook_deliveries_task_id_idx on webhook_deliveries (task_id);

-- What a user's webhooks at one host share: places for tries under way.
alter table webhook_endpoints add column host text;
update webhook_endpoints set host = lower(substring(url from '^[A-Za-z]+:[/\\]+([^/\\?#]+)'));
alter table webhook_endpoints alter column host set not null;

-- Until then its receiver asked to be left alone.
alter table webhook_endpoints add column paused_until timestamptz;

-- Every secret that was replaced signs for a day, also when the next one is replaced within it. The newest first.
alter table webhook_endpoints add column previous_secrets bytea[] not null default '{}';
alter table webhook_endpoints add column previous_secrets_until timestamptz[] not null default '{}';
update webhook_endpoints
set previous_secrets = array[previous_secret], previous_secrets_until = array[previous_secret_until]
where previous_secret is not null and previous_secret_until is not null;
alter table webhook_endpoints drop column previous_secret, drop column previous_secret_until;
