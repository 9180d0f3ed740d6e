-- Rosters: how a space follows its own, who imports just now, which channels and members came of it, and each import.
-- Channels are named by their ids: what is here is of spaces, and never on the way of a message.
CREATE TABLE rosters (
  space BLOB PRIMARY KEY,
  settings TEXT,                      -- JSON of klatch_roster::Settings
  holder INTEGER,
  held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE roster_groups (
  space BLOB NOT NULL,
  source TEXT NOT NULL,
  kind INTEGER NOT NULL,
  channel BLOB NOT NULL,
  name TEXT NOT NULL,
  gone INTEGER NOT NULL,
  PRIMARY KEY (space, source)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX roster_groups_channel ON roster_groups(channel);

CREATE TABLE roster_members (
  space BLOB NOT NULL,
  channel BLOB NOT NULL,
  user BLOB NOT NULL,
  username TEXT NOT NULL,
  role INTEGER NOT NULL,
  place INTEGER NOT NULL,
  due_at INTEGER,
  PRIMARY KEY (space, channel, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX roster_members_due ON roster_members(due_at) WHERE due_at IS NOT NULL;

-- Accounts that rosters made: whoever comes first with an external token of that username gets it.
CREATE TABLE roster_users (
  user BLOB PRIMARY KEY,
  space BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE roster_imports (
  space BLOB NOT NULL,
  no INTEGER NOT NULL,
  at INTEGER NOT NULL,
  by BLOB NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  counts TEXT NOT NULL,               -- JSON
  body BLOB,                          -- the roster, packed; of the newest two
  PRIMARY KEY (space, no)
) STRICT, WITHOUT ROWID;
