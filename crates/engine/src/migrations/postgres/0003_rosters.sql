-- Rosters: how a space follows its own, who imports just now, which channels and members came of it, and each import.
-- Channels are named by their ids: what is here is of spaces, never on the way of a message, and not distributed.
CREATE TABLE rosters (
  space uuid PRIMARY KEY,
  settings text,                        -- JSON of klatch_roster::Settings
  holder bigint,
  held_until bigint NOT NULL
);

CREATE TABLE roster_groups (
  space uuid NOT NULL,
  source text COLLATE "C" NOT NULL,
  kind smallint NOT NULL,
  channel uuid NOT NULL,
  name text NOT NULL,
  gone boolean NOT NULL,
  PRIMARY KEY (space, source)
);
CREATE UNIQUE INDEX roster_groups_channel ON roster_groups (channel);

CREATE TABLE roster_members (
  space uuid NOT NULL,
  channel uuid NOT NULL,
  user_id uuid NOT NULL,
  username text COLLATE "C" NOT NULL,
  role smallint NOT NULL,
  place smallint NOT NULL,
  due_at bigint,
  PRIMARY KEY (space, channel, user_id)
);
CREATE INDEX roster_members_due ON roster_members (due_at) WHERE due_at IS NOT NULL;

-- Accounts that rosters made: whoever comes first with an external token of that username gets it.
CREATE TABLE roster_users (
  user_id uuid PRIMARY KEY,
  space uuid NOT NULL
);

CREATE TABLE roster_imports (
  space uuid NOT NULL,
  no bigint NOT NULL,
  at bigint NOT NULL,
  by uuid NOT NULL,
  kind smallint NOT NULL,
  state smallint NOT NULL,
  counts text NOT NULL,                 -- JSON
  body bytea,                           -- the roster, packed; of the newest two
  PRIMARY KEY (space, no)
);
