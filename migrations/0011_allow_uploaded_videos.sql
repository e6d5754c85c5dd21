-- `source`: the video a client uploaded to have it edited or extended.
alter table assets drop constraint assets_kind_check;
alter table assets add constraint assets_kind_check check (kind in ('input', 'source', 'video', 'thumbnail'));
