-- When somebody last read the content, to the hour: the least recently used copies go first when there is no room.
alter table assets add column last_used_at timestamptz not null default now();

-- Copies of videos that were kept long enough.
create index assets_video_created_at_idx on assets (created_at) where kind = 'video';
