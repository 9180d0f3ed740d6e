-- Who administers their space (1) or the server (2): few, and read all at once.
CREATE TABLE admins (
  user_id uuid PRIMARY KEY,
  scope smallint NOT NULL
);

-- What administrators and the command line did, kept for good. An id is a UUIDv7: the order of ids is that of time.
CREATE TABLE audit (
  id uuid PRIMARY KEY,
  space uuid NOT NULL,
  at bigint NOT NULL,
  actor uuid,                           -- NULL: the command line
  act smallint NOT NULL,
  target uuid,
  detail text NOT NULL
);
CREATE INDEX audit_space ON audit (space, id);
