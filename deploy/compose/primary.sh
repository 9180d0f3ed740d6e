#!/bin/sh
# Run once by the image of PostgreSQL, when pg1's data folder is new: roles, the database, the standby's slot.
set -eu
# No standby is there yet, and none can come before this is done: these commits must not wait for one.
export PGOPTIONS='-c synchronous_commit=local'
psql -v ON_ERROR_STOP=1 --username postgres \
  -v klatch="$(cat /keys/klatch_password)" -v replicator="$(cat /keys/replicator_password)" <<'SQL'
SET log_min_duration_statement = -1; -- passwords do not belong into logs
CREATE ROLE klatch LOGIN PASSWORD :'klatch';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replicator';
CREATE DATABASE klatch OWNER klatch;
REVOKE ALL ON DATABASE klatch FROM PUBLIC;
SELECT pg_create_physical_replication_slot('pg2');
CREATE EXTENSION pg_stat_statements;
SQL
