#!/bin/sh
# One database and one role per service: none can read another's store.
set -eu
secrets=${REDCROWN_SECRETS:-/run/secrets}
for service in bookings venues catering escorts notifications visits guests console; do
  password=$(cat "$secrets/${service}_store_password")
  psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" -v role="$service" -v password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE CONNECT ON DATABASE :"role" FROM PUBLIC;
SQL
done
