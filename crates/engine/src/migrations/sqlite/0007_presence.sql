-- Users who show nobody whether they are online: a row is enough to say it.
CREATE TABLE presence_hidden (
  user BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
