-- The pace of autovacuum for each busy table. Run it once, as the owner, after the first start of Klatch:
--   psql "$URL" -f tables.sql
-- Only storage parameters: it can be run again, needs no restart, and holds no lock that stops commits.

-- Only inserted into. By default a fifth of the table must be new before its pages are marked as visible to all, which
-- index-only reads and later vacuums need: at a billion rows that is never. Every two million rows instead, and frozen
-- at once, because hardly a row is ever changed again.
ALTER TABLE events SET (
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 2000000,
  autovacuum_freeze_min_age = 0,
  autovacuum_analyze_scale_factor = 0.02
);

-- A row changes with every commit to its channel. Updates stay on their page (fillfactor 50) as long as dead rows are
-- taken away in time; no brakes for so small a table.
ALTER TABLE channels SET (
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 500,
  autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0.1
);

-- A row changes whenever a person reads. Larger than `channels`, slower to change.
ALTER TABLE members SET (
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 2000,
  autovacuum_analyze_scale_factor = 0.05
);

-- Rows come and go: almost empty when healthy, slow to scan when full of dead ones.
ALTER TABLE work SET (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE refresh_tokens SET (
  autovacuum_vacuum_scale_factor = 0.05
);
