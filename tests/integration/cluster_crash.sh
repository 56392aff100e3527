#!/usr/bin/env bash
# cluster_crash.sh [ROUNDS [SEED]]: three daemons on PostgreSQL and a real S3, of which the test kills
# some, or the database, or the store, at random moments (tests/crash/crash_test.cc).
# scripts/cluster-test does it for longer.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/s3_server.sh"
cleanup() {
  for started in database.pid radosgw.pid; do
    [[ ! -s $work/$started ]] || kill -KILL "$(<"$work/$started")" 2>/dev/null || true
  done
  stop_s3
  stop_postgres
}
source "$(dirname "$0")/postgres_server.sh"
start_s3
echo "$server" >database.pid
echo "$MKT_TEST_S3_PROCESS" >radosgw.pid

# kill_and_start database|store: what the test calls. It waits until that answers again.
cat >kill_and_start <<HOOK
#!/usr/bin/env bash
set -euo pipefail
cd "$work"
case \$1 in
  database)
    kill -KILL "\$(<database.pid)"
    for ((i = 0; i < 100; i++)); do
      ${as_postgres[*]} "$bin/postgres" -D "$cluster/data" -p "$port" -c listen_addresses=127.0.0.1 \\
        -c unix_socket_directories="$cluster" -c max_connections=300 >>postgres.log 2>&1 </dev/null &
      started=\$!
      for ((j = 0; j < 300; j++)); do
        "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" && echo "\$started" >database.pid && exit
        kill -0 "\$started" 2>/dev/null || break # what it has left of the killed one is not gone yet
        sleep 0.1
      done
    done
    exit 1
    ;;
  store)
    kill -KILL "\$(<radosgw.pid)"
    cd s3
    CEPH_CONF=$work/s3/ceph.conf radosgw -n client.rgw.a --foreground >>radosgw.log 2>&1 </dev/null &
    echo "\$!" >"$work/radosgw.pid"
    for ((i = 0; i < 600; i++)); do
      curl -sf -o /dev/null "${MKT_TEST_S3#*endpoint=}" && exit
      sleep 0.1
    done
    exit 1
    ;;
esac
HOOK
sed -i "s|&region=us-east-1||" kill_and_start
chmod +x kill_and_start
"${CRASH_TEST:-$MKT_BUILD_DIR/tests/mkt-crash-test}" "$MKTD" "${1:-12}" "${2:-$RANDOM}" 3 "$work/kill_and_start"
