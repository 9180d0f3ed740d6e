-- The first schema. Names are those of the SQLite schema; what differs: ids are native UUIDs, a member's user is
-- `user_id` (USER is a reserved word), and the tables of channels begin their keys with `bucket`, the hash of the channel's id
-- (klatch_types::ChannelId::bucket), by which a distributed PostgreSQL distributes them. Times are Unix milliseconds.
-- Texts that are compared or sorted are so by their bytes (COLLATE "C"), as in SQLite.

CREATE TABLE spaces (
  id uuid PRIMARY KEY,
  slug text COLLATE "C" NOT NULL UNIQUE,
  name text NOT NULL,
  policy text NOT NULL,                 -- JSON of klatch_types::Policy
  origins text NOT NULL,                -- JSON array of exact origins
  created_at bigint NOT NULL
);

CREATE TABLE users (
  id uuid PRIMARY KEY,
  space uuid NOT NULL,
  username text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  kind smallint NOT NULL,
  issuer uuid,
  subject text COLLATE "C",
  password_hash text,
  created_at bigint NOT NULL,
  disabled_at bigint
);
CREATE UNIQUE INDEX users_username_once ON users (space, username);
CREATE UNIQUE INDEX users_external ON users (issuer, subject) WHERE subject IS NOT NULL;
CREATE INDEX users_name ON users (space, lower(name));
CREATE INDEX users_username ON users (space, lower(username));

CREATE TABLE devices (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  name text NOT NULL,
  created_at bigint NOT NULL,
  seen_at bigint NOT NULL,
  revoked_at bigint
);
CREATE INDEX devices_user ON devices (user_id) WHERE revoked_at IS NULL;

CREATE TABLE refresh_tokens (
  hash bytea PRIMARY KEY,               -- SHA-256
  device uuid NOT NULL,
  expires_at bigint NOT NULL,
  used_at bigint
);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  space uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  hash bytea NOT NULL UNIQUE,           -- SHA-256
  created_at bigint NOT NULL,
  revoked_at bigint
);

CREATE TABLE issuers (
  id uuid PRIMARY KEY,
  space uuid NOT NULL,
  issuer text COLLATE "C" NOT NULL UNIQUE,
  audience text,
  secret bytea,                         -- HS256 only
  jwks_url text,                        -- or a key set
  algorithm text NOT NULL,
  claims text NOT NULL,                 -- JSON of ClaimNames
  created_at bigint NOT NULL
);

CREATE TABLE signing_keys (
  kid text COLLATE "C" PRIMARY KEY,
  private_der bytea NOT NULL,
  created_at bigint NOT NULL
);

-- Work that is due once in the whole cluster, whichever node comes first: a row for each kind of it.
CREATE TABLE chores (
  name text COLLATE "C" PRIMARY KEY,
  due_at bigint NOT NULL
);

-- Updated by every commit: free space in each page, and no index over what changes, keep those updates in place.
CREATE TABLE channels (
  bucket smallint NOT NULL,
  kind smallint NOT NULL,
  visibility smallint NOT NULL,
  members integer NOT NULL,
  id uuid NOT NULL,
  space uuid NOT NULL,
  created_at bigint NOT NULL,
  head bigint NOT NULL,
  ordinal bigint NOT NULL,
  broadcasts bigint NOT NULL,
  access_seq bigint NOT NULL,
  active_at bigint NOT NULL,
  archived_at bigint,
  last_message bigint,
  pair_low uuid,
  pair_high uuid,
  name text COLLATE "C",
  topic text,
  PRIMARY KEY (bucket, id)
) WITH (fillfactor = 50);
CREATE INDEX channels_open ON channels (space, name) WHERE visibility = 2 AND archived_at IS NULL;

CREATE TABLE events (
  bucket smallint NOT NULL,
  kind smallint NOT NULL,
  message boolean NOT NULL,             -- true for a posted message
  tombstone boolean NOT NULL,
  channel uuid NOT NULL,
  seq bigint NOT NULL,
  ordinal bigint NOT NULL,
  at bigint NOT NULL,
  digest bigint NOT NULL,
  actor uuid NOT NULL,
  key uuid,
  target bigint,
  payload bytea NOT NULL,
  PRIMARY KEY (bucket, channel, seq)
);
-- The key comes first: keys made at the same time (UUIDv7) land on the same page, whatever their channel (ADR 0004).
CREATE UNIQUE INDEX events_key ON events (key, bucket, channel, actor) WHERE key IS NOT NULL;
CREATE INDEX events_target ON events (bucket, channel, target, seq) WHERE target IS NOT NULL;

CREATE TABLE members (
  bucket smallint NOT NULL,
  role smallint NOT NULL,
  channel uuid NOT NULL,
  user_id uuid NOT NULL,
  joined_at bigint NOT NULL,
  visible_after bigint NOT NULL,
  read bigint NOT NULL,
  read_ordinal bigint NOT NULL,
  read_broadcasts bigint NOT NULL,
  received bigint NOT NULL,
  mentions bigint NOT NULL,
  read_mentions bigint NOT NULL,
  muted_until bigint,
  PRIMARY KEY (bucket, channel, user_id)
) WITH (fillfactor = 70);
CREATE INDEX members_user ON members (user_id, bucket, channel);

CREATE TABLE bans (
  bucket smallint NOT NULL,
  channel uuid NOT NULL,
  user_id uuid NOT NULL,
  by uuid NOT NULL,
  at bigint NOT NULL,
  until bigint NOT NULL,
  reason text,
  PRIMARY KEY (bucket, channel, user_id)
);

-- One row for each mention by name, with the running count, so that counting unread ones is a subtraction.
CREATE TABLE mentions (
  bucket smallint NOT NULL,
  channel uuid NOT NULL,
  user_id uuid NOT NULL,
  seq bigint NOT NULL,
  ordinal bigint NOT NULL,
  PRIMARY KEY (bucket, channel, user_id, seq)
);

-- One row for each message that mentions everyone, with the running count.
CREATE TABLE broadcasts (
  bucket smallint NOT NULL,
  channel uuid NOT NULL,
  seq bigint NOT NULL,
  ordinal bigint NOT NULL,
  PRIMARY KEY (bucket, channel, seq)
);

CREATE TABLE invites (
  bucket smallint NOT NULL,
  role smallint NOT NULL,
  id uuid NOT NULL,
  channel uuid NOT NULL,
  code text COLLATE "C" NOT NULL,
  by uuid NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  uses_max integer,
  uses integer NOT NULL,
  revoked_at bigint,
  PRIMARY KEY (bucket, id)
);
CREATE INDEX invites_channel ON invites (bucket, channel);

-- Late work of channels (push, search, retention): written in the transaction of the event it follows from, taken by
-- whichever node is free (FOR UPDATE SKIP LOCKED), gone when done.
CREATE TABLE work (
  bucket smallint NOT NULL,
  place smallint NOT NULL,              -- which of the event's pieces of work
  kind smallint NOT NULL,
  attempts integer NOT NULL,
  channel uuid NOT NULL,
  seq bigint NOT NULL,                  -- of the event
  due_at bigint NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (bucket, channel, seq, place)
);
CREATE INDEX work_due ON work (due_at);
