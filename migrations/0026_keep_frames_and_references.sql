-- Images that say more than what a video begins with: its first and last frame, and references to what it is to show, in the order given.
alter table assets drop constraint assets_kind_check;
alter table assets add constraint assets_kind_check check (kind in ('input', 'source', 'first_frame', 'last_frame', 'reference', 'video', 'thumbnail', 'spritesheet'));
alter table assets add column position smallint not null default 0;
