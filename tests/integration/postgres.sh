#!/usr/bin/env bash
# The store on a real PostgreSQL: a cluster of the test's own, with every promise of the unit tests.
source "$(dirname "$0")/lib.sh"
bin=${MKT_POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
[[ -x $bin/initdb ]] || skip "PostgreSQL is not installed in $bin"
[[ -x ${MKT_BUILD_DIR:-}/tests/mkt_tests ]] || skip "the unit tests are not built"

server=
cleanup() {
  if [[ -n $server ]]; then
    kill -INT "$server" 2>/dev/null || true # "fast": it ends its sessions
    wait "$server" 2>/dev/null || true
  fi
}

# PostgreSQL refuses to run as root. setpriv becomes the server, so $! is the server's id.
as_postgres=()
if ((EUID == 0)); then
  id postgres >/dev/null 2>&1 || skip "there is no user postgres"
  as_postgres=(setpriv --reuid postgres --regid postgres --init-groups)
  chmod 711 "$work"
fi
mkdir cluster
((EUID != 0)) || chown postgres cluster
cluster=$work/cluster

"${as_postgres[@]}" "$bin/initdb" -D "$cluster/data" -A trust -E UTF8 --locale=C -U postgres >initdb.log 2>&1 ||
  { cat initdb.log >&2; fail "initdb"; }
# A port that is free now may be taken in a moment: then another one.
for try in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 20000))
  "${as_postgres[@]}" "$bin/postgres" -D "$cluster/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$cluster" -c max_connections=300 >postgres.log 2>&1 &
  server=$!
  for _ in $(seq 100); do
    "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" && break 2
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  server=
done
[[ -n $server ]] || { cat postgres.log >&2; fail "PostgreSQL does not start"; }

# A role as the daemon should have one: it owns its database, and nothing else.
"$bin/psql" -q -h 127.0.0.1 -p "$port" -U postgres postgres \
  -c 'CREATE ROLE mktd LOGIN CREATEDB' -c 'CREATE DATABASE mkt OWNER mktd'
export MKT_TEST_POSTGRES=postgresql://mktd@127.0.0.1:$port/mkt

"$MKT_BUILD_DIR/tests/mkt_tests" -tc='with PostgreSQL*' >tests.out 2>&1 ||
  { tail -100 tests.out >&2; fail "the store's own tests"; }
! grep -q SKIPPED tests.out || fail "a test found no PostgreSQL"

# Every use case again, with its records there. One test reads the file of SQLite's store.
MKT_TEST_STORE=postgres "$MKT_BUILD_DIR/tests/mkt_tests" -sf='*/unit/service/*,*/unit/views/*,*/unit/webhooks/*' \
  -tce='of a policy?s history the newest hundred are kept' >services.out 2>&1 ||
  { tail -100 services.out >&2; fail "the use cases on PostgreSQL"; }

# Nothing was left open.
idle=$("$bin/psql" -At -h 127.0.0.1 -p "$port" -U postgres postgres \
  -c "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
[[ $idle == 0 ]] || fail "$idle sessions are idle in a transaction"
