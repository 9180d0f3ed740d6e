-- Work that is due once in the whole cluster, whichever node comes first: a row for each kind of it.
CREATE TABLE chores (
  name TEXT PRIMARY KEY,
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
