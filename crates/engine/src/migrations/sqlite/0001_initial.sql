-- The first schema. Ids are 16-byte blobs (UUID), times are Unix milliseconds, kinds and roles the small
-- numbers of klatch_types. A channel has a short number `no` beside its id, so that the keys of its events,
-- the largest table by far, stay small.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE spaces (
  id BLOB PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  policy TEXT NOT NULL,               -- JSON of klatch_types::Policy
  origins TEXT NOT NULL,              -- JSON array of exact origins
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  id BLOB PRIMARY KEY,
  space BLOB NOT NULL REFERENCES spaces(id),
  username TEXT NOT NULL,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  issuer BLOB,
  subject TEXT,
  password_hash TEXT,
  created_at INTEGER NOT NULL,
  disabled_at INTEGER,
  UNIQUE (space, username)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_external ON users(issuer, subject) WHERE subject IS NOT NULL;
CREATE INDEX users_name ON users(space, name COLLATE NOCASE);
CREATE INDEX users_username ON users(space, username COLLATE NOCASE);

CREATE TABLE devices (
  id BLOB PRIMARY KEY,
  user BLOB NOT NULL REFERENCES users(id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_user ON devices(user) WHERE revoked_at IS NULL;

CREATE TABLE refresh_tokens (
  hash BLOB PRIMARY KEY,              -- SHA-256
  device BLOB NOT NULL REFERENCES devices(id),
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_expiry ON refresh_tokens(expires_at);

CREATE TABLE api_keys (
  id BLOB PRIMARY KEY,
  space BLOB NOT NULL REFERENCES spaces(id),
  user BLOB NOT NULL REFERENCES users(id),
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,          -- SHA-256
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE issuers (
  id BLOB PRIMARY KEY,
  space BLOB NOT NULL REFERENCES spaces(id),
  issuer TEXT NOT NULL UNIQUE,
  audience TEXT,
  secret BLOB,                        -- HS256 only
  jwks_url TEXT,                      -- or a key set
  algorithm TEXT NOT NULL,
  claims TEXT NOT NULL,               -- JSON of ClaimNames
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  private_der BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE channels (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  space BLOB NOT NULL REFERENCES spaces(id),
  kind INTEGER NOT NULL,
  visibility INTEGER NOT NULL,
  name TEXT,
  topic TEXT,
  pair_low BLOB,
  pair_high BLOB,
  created_at INTEGER NOT NULL,
  archived_at INTEGER,
  head INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  broadcasts INTEGER NOT NULL,
  access_seq INTEGER NOT NULL,
  members INTEGER NOT NULL,
  active_at INTEGER NOT NULL,
  last_message INTEGER
) STRICT;
CREATE UNIQUE INDEX channels_pair ON channels(space, pair_low, pair_high) WHERE pair_low IS NOT NULL;
CREATE INDEX channels_open ON channels(space, name) WHERE visibility = 2 AND archived_at IS NULL;

CREATE TABLE events (
  channel INTEGER NOT NULL,           -- channels.no
  seq INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor BLOB NOT NULL,
  key BLOB,
  kind INTEGER NOT NULL,
  message INTEGER NOT NULL,           -- 1 for a posted message
  target INTEGER,
  digest INTEGER NOT NULL,
  tombstone INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (channel, seq)
) STRICT, WITHOUT ROWID;
-- The key comes first: keys made at the same time (UUIDv7) land on the same page, whatever their channel.
CREATE UNIQUE INDEX events_key ON events(key, channel, actor) WHERE key IS NOT NULL;
CREATE INDEX events_target ON events(channel, target, seq) WHERE target IS NOT NULL;

CREATE TABLE members (
  channel INTEGER NOT NULL,
  user BLOB NOT NULL,
  role INTEGER NOT NULL,
  joined_at INTEGER NOT NULL,
  visible_after INTEGER NOT NULL,
  muted_until INTEGER,
  read INTEGER NOT NULL,
  read_ordinal INTEGER NOT NULL,
  read_broadcasts INTEGER NOT NULL,
  received INTEGER NOT NULL,
  mentions INTEGER NOT NULL,
  read_mentions INTEGER NOT NULL,
  PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members(user, channel);

CREATE TABLE bans (
  channel INTEGER NOT NULL,
  user BLOB NOT NULL,
  by BLOB NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  reason TEXT,
  PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;

-- One row for each mention by name, with the running count, so that counting unread ones is a subtraction.
CREATE TABLE mentions (
  channel INTEGER NOT NULL,
  user BLOB NOT NULL,
  seq INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  PRIMARY KEY (channel, user, seq)
) STRICT, WITHOUT ROWID;

-- One row for each message that mentions everyone, with the running count.
CREATE TABLE broadcasts (
  channel INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  PRIMARY KEY (channel, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
  id BLOB PRIMARY KEY,
  channel INTEGER NOT NULL,
  code TEXT NOT NULL UNIQUE,
  role INTEGER NOT NULL,
  by BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  uses_max INTEGER,
  uses INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX invites_channel ON invites(channel);
