# Sourced after three_daemons.sh: a standby of the test's PostgreSQL, without which no commit is
# confirmed. Sets standby, its process id.
standby=
cleanup_more() { [[ -z $standby ]] || kill -INT "$standby" 2>/dev/null || true; }
sql() { "$bin/psql" -qtA -h 127.0.0.1 -p "$port" -U postgres postgres -c "$1"; }
standby_port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
"${as_postgres[@]}" "$bin/pg_basebackup" -D "$cluster/standby" -R -h 127.0.0.1 -p "$port" -U postgres -c fast
start_standby() {
  "${as_postgres[@]}" "$bin/postgres" -D "$cluster/standby" -p "$standby_port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$cluster" -c max_connections=300 >>standby.log 2>&1 &
  standby=$!
}
start_standby
sql "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'"
sql 'SELECT pg_reload_conf()' >/dev/null
is_synchronous() { [[ $(sql 'SELECT sync_state FROM pg_stat_replication') == quorum ]]; }
wait_for "the standby" is_synchronous
