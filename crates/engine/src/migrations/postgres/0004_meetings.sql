-- The rules of a channel, JSON; NULL for a channel that has none of its own.
ALTER TABLE channels ADD COLUMN rules text;

-- Those who wait to be let in.
CREATE TABLE lobby (
  bucket smallint NOT NULL,
  role smallint NOT NULL,
  channel uuid NOT NULL,
  user_id uuid NOT NULL,
  invite uuid,
  at bigint NOT NULL,
  PRIMARY KEY (bucket, channel, user_id)
);
