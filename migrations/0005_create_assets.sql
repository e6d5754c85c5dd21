-- Bytes kept for a task, content-addressed: several rows may share one file.
create table assets (
  id            uuid        primary key default gen_random_uuid(),
  task_id       text        not null references tasks (id),
  kind          text        not null check (kind in ('input', 'video', 'thumbnail')),
  sha256        text        not null,
  size          bigint      not null,
  content_type  text        not null,
  file_name     text,
  created_at    timestamptz not null default now()
);

-- The assets of a task.
create index assets_task_id_kind_idx on assets (task_id, kind);

-- Whether another row still needs the file.
create index assets_sha256_idx on assets (sha256);
