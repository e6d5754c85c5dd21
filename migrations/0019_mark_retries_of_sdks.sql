-- A key that stands for a request of an SDK without one: whether it was taken by a repeat, whose first request may still come.
alter table idempotency_keys add column by_retry boolean not null default false;
