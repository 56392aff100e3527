# Sourced after lib.sh: starts a PostgreSQL of the test's own, with a database for a role mktd, and names
# it in MKT_TEST_POSTGRES. The test's cleanup calls stop_postgres. Skips where there is none.
bin=${MKT_POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
[[ -x $bin/initdb ]] || skip "PostgreSQL is not installed in $bin"
server=
stop_postgres() {
  [[ -n $server ]] || return 0
  kill -INT "$server" 2>/dev/null || true # "fast": it ends its sessions
  wait "$server" 2>/dev/null || true
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
