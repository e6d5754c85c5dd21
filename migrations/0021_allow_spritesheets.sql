-- `spritesheet`: many small pictures of a video in one, for a player's timeline.
alter table assets drop constraint assets_kind_check;
alter table assets add constraint assets_kind_check check (kind in ('input', 'source', 'video', 'thumbnail', 'spritesheet'));
