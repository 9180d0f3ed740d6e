-- The tables of channels by bucket, all on the same shards, so that a commit batch stays on one worker; users and spaces,
-- which are joined to them, on every worker. Uniqueness holds within a bucket only: a pair has one channel because the
-- channel's id follows from the pair, and invitation codes are 128 random bits.
CREATE INDEX channels_pair ON channels (space, pair_low, pair_high) WHERE pair_low IS NOT NULL;
CREATE INDEX invites_code ON invites (code);
