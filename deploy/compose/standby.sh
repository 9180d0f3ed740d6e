#!/bin/bash
# Starts a standby, named by cluster_name in the arguments: copies the primary the first time, then follows it. Ends and is started again until the primary is there.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Without the standby's name: while it is copied it must not count as the one that commits wait for.
  # Copied beside and moved at the end: a copy that broke off is not taken for a database.
  rm -rf "$PGDATA/new"
  pg_basebackup --pgdata "$PGDATA/new" --write-recovery-conf --wal-method stream --slot "$SLOT" --checkpoint fast \
    --dbname "host=$PRIMARY user=replicator passfile=/keys/pgpass sslmode=verify-full sslrootcert=/keys/ca.crt"
  # PG_VERSION last, for the same reason.
  find "$PGDATA/new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
  mv "$PGDATA/new/PG_VERSION" "$PGDATA/"
  rmdir "$PGDATA/new"
  chmod 700 "$PGDATA"
fi
exec postgres "$@"
