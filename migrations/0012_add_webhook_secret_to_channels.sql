-- Sealed: what a channel's provider signs its events with. It belongs to the channel and to none of its keys: the provider's
-- endpoint stays the same when a key changes.
alter table channels add column webhook_secret bytea;
