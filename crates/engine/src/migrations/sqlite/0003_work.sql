-- Late work of channels (push, search, retention): written in the transaction of the event it follows from, gone when done.
CREATE TABLE work (
  channel INTEGER NOT NULL,           -- channels.no
  seq INTEGER NOT NULL,               -- of the event
  place INTEGER NOT NULL,             -- which of the event's pieces of work
  kind INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (channel, seq, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX work_due ON work(due_at);
