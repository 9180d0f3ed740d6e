-- What one PostgreSQL can promise over all buckets.
CREATE UNIQUE INDEX channels_pair ON channels (space, pair_low, pair_high) WHERE pair_low IS NOT NULL;
CREATE UNIQUE INDEX invites_code ON invites (code);
