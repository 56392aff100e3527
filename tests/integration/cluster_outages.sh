#!/usr/bin/env bash
# cluster_outages.sh [SECONDS]: three daemons under load, of which one is killed, and then PostgreSQL is
# restarted, in order ("fast") and not ("immediate"). Nothing that was answered is lost, nothing is made
# twice, all go on soon, and what is answered from memory never fails.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
seconds=${1:-1} # of load before and after each outage
lease=10000     # ms
start_three
register acme
make_connector tool
expect 0 "$MKT" publish tool --key "$key"

# load NAME AS: somebody makes tokens at the daemon, and somebody reads there what it has in memory. Sets
# loading; what they see is in AS.made, AS.asked and AS.failed.
load() {
  touch "$2.made"
  perl "$SOURCE/tests/integration/make_tokens.pl" "$(at "$1")" "$token" "$2" &
  loading=$!
  perl "$SOURCE/tests/integration/get_paths.pl" "$(at "$1")" "$2.failed" /v1/connectors/tool /v1/connectors/tool/1.0.0 /v1/keys &
  loading+=" $!"
  helpers+=($loading)
}
made() { wc -l <"$1.made"; }
goes_on() { (($(made "$1") >= $2)); }
# wait_to_go_on NAME…: until each of them has made five more.
wait_to_go_on() {
  local name
  local -A wanted
  for name in "$@"; do wanted[$name]=$(($(made "$name") + 5)); done
  for name in "$@"; do wait_for "$name to make changes" goes_on "$name" "${wanted[$name]}"; done
}
check_reads() { # NAME…
  local name
  for name in "$@"; do
    [[ $(grep -c -v '^asked' "$name.failed") == 0 ]] || { head "$name.failed" >&2; fail "reads at $name failed"; }
  done
}
# The daemon that has the job; fails while none has.
holder() {
  local url name
  url=$(ask "SELECT d.url FROM job_leases AS l JOIN daemons AS d ON d.id = l.holder
             WHERE l.name = '$1' AND l.until > extract(epoch FROM clock_timestamp()) * 1000")
  for name in "${!pids[@]}"; do [[ $url != "$(at "$name")" ]] || { echo "$name"; return; }; done
  return 1
}
has_holder() { holder "$1" >/dev/null; }
# revocation NAME: how long one takes there, in ms.
revocation() {
  local began
  make_token "revoked by $1" "$1"
  began=$(now_ms)
  curl -sS -f -X DELETE -H "Authorization: Bearer $token" "$(at "$1")/v1/tokens/$id" || fail "a revocation at $1"
  echo $(($(now_ms) - began))
}

declare -A loads
for name in a b c; do
  load "$name" "$name"
  loads[$name]=$loading
done
wait_to_go_on a b c
wait_for "somebody to have the job" has_holder housekeeping
sleep "$seconds"

# One is killed: that which has the job.
killed=$(holder housekeeping)
rest=()
for name in a b c; do [[ $name == "$killed" ]] || rest+=("$name"); done
stop "$killed" KILL
kill ${loads[$killed]}
began=$(now_ms)
first=$(revocation "${rest[0]}")
second=$(revocation "${rest[1]}")
((first < 2 * lease && second < lease / 2)) || fail "revocations took $first and $second ms after one was killed; the lease is $lease ms"
wait_for "another to have the job" has_holder housekeeping
job=$(($(now_ms) - began))
wait_to_go_on "${rest[@]}"
sleep "$seconds"
stop_helpers
check_made a.made b.made c.made
check_reads "${rest[@]}"
asked=$(cat "${rest[@]/%/.asked}" | wc -l)
errors=$(awk '$2 >= 500' "${rest[@]/%/.asked}" | wc -l)
((errors * 1000 <= asked)) || fail "$errors of $asked changes at the others failed"
echo "one killed: $errors of $asked changes at the others failed; revocations took $first, then $second ms;" \
  "another had its job after at most $job ms"
start "$killed"

# The database is restarted.
# start_database_again: also where something of the killed one is still there.
start_database_again() {
  local i
  for ((i = 0; i < 100; i++)); do
    "${as_postgres[@]}" "$bin/postgres" -D "$cluster/data" -p "$port" -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories="$cluster" -c max_connections=300 >>postgres.log 2>&1 &
    server=$!
    while kill -0 "$server" 2>/dev/null; do
      ! "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" || return 0
      sleep 0.02
    done
  done
  fail "PostgreSQL does not start again"
}
declare -A signals=([fast]=INT [immediate]=QUIT)
for how in fast immediate; do
  for name in a b c; do load "$name" "$how-$name"; done
  wait_to_go_on "$how-a" "$how-b" "$how-c"
  sleep "$seconds"
  down=$(now_ms)
  kill "-${signals[$how]}" "$server"
  wait "$server" 2>/dev/null || true
  start_database_again
  up=$(now_ms)
  wait_to_go_on "$how-a" "$how-b" "$how-c"
  on=$(now_ms)
  sleep "$seconds"
  stop_helpers
  check_made "$how"-?.made
  # Memory is good for two thirds of the lease at least, of which some pass until it is renewed.
  ((up - down > lease * 2 / 5)) || check_reads "$how-a" "$how-b" "$how-c"
  reads=$(awk '/^asked/ {n += $2} !/^asked/ {++failed} END {print n " reads, " failed + 0 " failed"}' "$how"-?.failed)
  echo "PostgreSQL restarted ($how): away for $((up - down)) ms; all went on $((on - up)) ms after that; $reads"
done
