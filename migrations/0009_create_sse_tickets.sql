-- One-time tickets for EventSource, which can send no header. Only the hash is kept; redeeming deletes the row.
create table sse_tickets (
  hash        bytea        primary key,
  session_id  uuid         not null references sessions (id) on delete cascade,
  expires_at  timestamptz  not null
);

-- Removing what was never redeemed.
create index sse_tickets_expires_at_idx on sse_tickets (expires_at);
