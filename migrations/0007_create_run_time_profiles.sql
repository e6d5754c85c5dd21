-- How long tasks ran, for placing polls and for estimates. One histogram a kind of task; old runs fade as new ones come in.
create table run_time_profiles (
  channel_id  text         not null references channels (id) on delete cascade,
  model       text         not null,
  -- Seconds of video; 0 where the task left it to the upstream.
  duration    numeric      not null,
  -- Weight of the runs that ended in each bin (server/workers/run-time-histogram.ts).
  bins        real[]       not null,
  -- Their sum.
  runs        real         not null,
  -- Weight of the runs whose reported progress foretold their end, and the sum of how much later they ended than it said.
  foretold    real         not null,
  overrun     real         not null,
  updated_at  timestamptz  not null default now(),
  primary key (channel_id, model, duration)
);
