-- A short video of somebody or something that new videos may show; its bytes are in the asset store.
create table characters (
  id            text         primary key,
  user_id       bigint       not null references users (id),
  name          text         not null,
  sha256        text         not null,
  size          bigint       not null,
  content_type  text         not null,
  file_name     text         not null,
  created_at    timestamptz  not null default now()
);

-- The list of a user's characters, and their number.
create index characters_user_id_created_at_idx on characters (user_id, created_at);

-- Whether a character still needs the file.
create index characters_sha256_idx on characters (sha256);

-- The id that the provider of one account gave to a character, which it was shown before a video with it was asked for.
create table character_introductions (
  character_id           text         not null references characters (id) on delete cascade,
  channel_id             text         not null references channels (id),
  credential_id          uuid         references channel_credentials (id),
  external_character_id  text         not null,
  created_at             timestamptz  not null default now(),
  unique nulls not distinct (character_id, channel_id, credential_id)
);
