-- The rules of a channel, JSON; NULL for a channel that has none of its own.
ALTER TABLE channels ADD COLUMN rules TEXT;

-- Those who wait to be let in.
CREATE TABLE lobby (
  channel INTEGER NOT NULL,
  user BLOB NOT NULL,
  role INTEGER NOT NULL,
  invite BLOB,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;
