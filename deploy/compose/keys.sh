#!/bin/sh
# Makes the secrets of compose.yaml, once: an authority, a certificate for each engine, and passwords, each in the volume
# of the one service that may read it. Nothing of it is in the repository, in a variable or in an image.
set -eu
umask 077
# Who the services run as in their containers.
POSTGRES=999 NATS=1000 KLATCH=65532
DAYS=3650

[ -e /keys/klatch/postgres_url ] && exit 0

random() { openssl rand -hex 24; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$DAYS" \
  -subj "/CN=klatch compose authority" -keyout ca.key -out ca.crt

# certificate FOLDER USER NAMES: a key and a certificate for these host names, for both ends of TLS (routes, standbys).
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=${3%%,*}" -keyout "$1/server.key" -out request
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$(printf 'DNS:%s' "$3" | sed 's/,/,DNS:/g')" >extensions
  openssl x509 -req -in request -CA ca.crt -CAkey ca.key -CAcreateserial -days "$DAYS" -extfile extensions -out "$1/server.crt"
  cp ca.crt "$1/ca.crt"
  chown -R "$2:$2" "$1"
}
certificate /keys/postgres "$POSTGRES" pg1,pg2
certificate /keys/nats-tls "$NATS" nats1,nats2,nats3

# PostgreSQL: the superuser never comes over the network, Klatch owns its database, standbys only replicate.
klatch=$(random) replicator=$(random)
random >/keys/postgres/superuser_password
printf '%s' "$klatch" >/keys/postgres/klatch_password
printf '%s' "$replicator" >/keys/postgres/replicator_password
printf 'pg1:5432:*:replicator:%s\npg2:5432:*:replicator:%s\n' "$replicator" "$replicator" >/keys/postgres/pgpass
chown -R "$POSTGRES:$POSTGRES" /keys/postgres

# NATS keeps the bcrypt hash, Klatch the password. A salt is 22 letters of ./A-Za-z0-9.
nats=$(random)
salt=$(openssl rand -base64 18 | tr '+' '.' | cut -c1-22)
hash=$(PASSWORD=$nats SALT=$salt perl -e 'print crypt($ENV{PASSWORD}, "\$2a\$11\$$ENV{SALT}")')
case $hash in
  '$2a$11$'*) ;;
  *) echo "this system cannot make bcrypt hashes" >&2; exit 1 ;;
esac
printf 'password: "%s"\n' "$hash" >/keys/nats-auth/klatch.conf
chown -R "$NATS:$NATS" /keys/nats-auth

# Klatch: the URL names both servers, so that whichever takes writes is found; it is written last, as the sign that all
# is done.
cp ca.crt /keys/klatch/ca.crt
printf '%s' "$nats" >/keys/klatch/nats_password
printf 'postgres://klatch:%s@pg1:5432,pg2:5432/klatch?sslmode=require' "$klatch" >/keys/klatch/postgres_url.new
chown -R "$KLATCH:$KLATCH" /keys/klatch
mv /keys/klatch/postgres_url.new /keys/klatch/postgres_url
