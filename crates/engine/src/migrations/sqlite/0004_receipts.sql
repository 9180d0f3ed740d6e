-- Users who show nobody what they have read: a row is enough to say it.
CREATE TABLE receipts_hidden (
  user BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
