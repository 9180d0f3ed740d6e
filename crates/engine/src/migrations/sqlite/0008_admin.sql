-- Who administers their space (1) or the server (2): few, and read all at once.
CREATE TABLE admins (
  user BLOB PRIMARY KEY,
  scope INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What administrators and the command line did, kept for good. An id is a UUIDv7: the order of ids is that of time.
CREATE TABLE audit (
  id BLOB PRIMARY KEY,
  space BLOB NOT NULL,
  at INTEGER NOT NULL,
  actor BLOB,                           -- NULL: the command line
  act INTEGER NOT NULL,
  target BLOB,
  detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_space ON audit(space, id);
