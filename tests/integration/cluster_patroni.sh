#!/usr/bin/env bash
# Two daemons on two PostgreSQL that Patroni looks after, with etcd and a synchronous standby. Nobody
# promotes anything by hand: the leader is handed over, and then killed together with its Patroni, while
# tokens are made all the time. What was answered is there, no history is lost, and the daemons go on by
# themselves about as soon as Patroni has a new leader.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/token_makers.sh"
source "$(dirname "$0")/s3_server.sh"
for program in patroni etcd; do command -v "$program" >/dev/null || skip "$program is not installed"; done
bin=${MKT_POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
[[ -x $bin/initdb ]] || skip "PostgreSQL is not installed in $bin"
as_postgres=()
if ((EUID == 0)); then # PostgreSQL refuses to run as root
  id postgres >/dev/null 2>&1 || skip "there is no user postgres"
  as_postgres=(setpriv --reuid postgres --regid postgres --init-groups)
  chmod 711 "$work"
fi
ttl=20 # seconds; Patroni knows no shorter one

declare -A pids=()
postmaster() { head -n 1 "$work/db/$1/postmaster.pid" 2>/dev/null; }
# kill_node NAME: at once, as where a machine loses its power.
kill_node() {
  kill -KILL "${pids[$1]}" $(postmaster "$1") 2>/dev/null || true
  wait "${pids[$1]}" 2>/dev/null || true
  unset "pids[$1]"
}
cleanup() {
  local name
  for name in "${!pids[@]}"; do
    case $name in
      a | b) kill_node "$name" ;;
      *) { kill "${pids[$name]}" && wait "${pids[$name]}"; } 2>/dev/null || true ;;
    esac
  done
  stop_mktd || true
  stop_s3
}
# wait_long WHAT COMMAND…: Patroni takes its time; at most two minutes.
wait_long() {
  local what=$1 end=$((SECONDS + 120))
  shift
  until "$@" 2>/dev/null; do
    ((SECONDS < end)) || { tail -n 15 "$work"/*.log >&2; fail "waited in vain for $what"; }
    sleep 0.2
  done
}
start_s3

read -r etcd_port peer_port a_port b_port a_rest b_rest < <(perl -MIO::Socket::INET -e '
  @s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") } 1..6;
  print join(" ", map { $_->sockport } @s), "\n"')
declare -A port_of=([a]=$a_port [b]=$b_port) rest_of=([a]=$a_rest [b]=$b_rest)
mkdir db
((EUID != 0)) || chown postgres db
"${as_postgres[@]}" etcd --name e --data-dir "$work/db/etcd" --initial-cluster "e=http://127.0.0.1:$peer_port" \
  --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
  --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
  >etcd.log 2>&1 &
pids[etcd]=$!
wait_long etcd curl -sf -o /dev/null "http://127.0.0.1:$etcd_port/health"

# start_node NAME
start_node() {
  cat >"$1.yml" <<YAML
scope: mkt
name: $1
restapi: {listen: "127.0.0.1:${rest_of[$1]}", connect_address: "127.0.0.1:${rest_of[$1]}"}
etcd3: {host: "127.0.0.1:$etcd_port"}
bootstrap:
  dcs:
    ttl: $ttl
    loop_wait: 2
    retry_timeout: 5
    synchronous_mode: true
    postgresql: {parameters: {max_connections: 300}}
  initdb: [{encoding: UTF8}, {locale: C}, {auth: trust}]
postgresql:
  listen: 127.0.0.1:${port_of[$1]}
  connect_address: 127.0.0.1:${port_of[$1]}
  data_dir: $work/db/$1
  bin_dir: $bin
  pgpass: $work/db/$1.pgpass
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
  parameters: {unix_socket_directories: ""}
  authentication: {superuser: {username: postgres}, replication: {username: replicator}}
YAML
  PYTHONDONTWRITEBYTECODE=1 "${as_postgres[@]}" patroni "$work/$1.yml" >>"$1.log" 2>&1 &
  pids[$1]=$!
}
is_leader() { curl -sf -o /dev/null "http://127.0.0.1:${rest_of[$1]}/leader"; }
is_synchronous() { curl -sf -o /dev/null "http://127.0.0.1:${rest_of[$1]}/synchronous"; }
start_node a
wait_long "a leader" is_leader a
start_node b
wait_long "a synchronous standby" is_synchronous b
"$bin/psql" -q -h 127.0.0.1 -p "$a_port" -U postgres postgres \
  -c 'CREATE ROLE mktd LOGIN' -c 'CREATE DATABASE mkt OWNER mktd'
database=postgresql://mktd@127.0.0.1:$a_port,127.0.0.1:$b_port/mkt
shared=(--database "$database" --blobs "$MKT_TEST_S3")
sql() { "$bin/psql" -qtA "$database?target_session_attrs=read-write" -c "$1"; }

expect 0 "$MKTD" init --data data --database "$database"
start_mktd "${shared[@]}"
"$MKTD" --data other --listen 127.0.0.1:0 "${no_limits[@]}" "${shared[@]}" 2>>mktd.log &
pids[other]=$!
wait_for "the other daemon" test -s other/mktd.url
there=$(<other/mktd.url) here=$MKT_REGISTRY
export MKT_TOKEN=$token
register acme
make_connector tool
expect 0 "$MKT" publish tool

touch made.here made.there
make_tokens "$here" made.here & pids[maker1]=$!
make_tokens "$there" made.there & pids[maker2]=$!
# go_on: both have answered ten more since `mark`.
mark() { marked_here=$(wc -l <made.here) marked_there=$(wc -l <made.there); }
go_on() { [[ $(wc -l <made.here) -ge $((marked_here + 10)) && $(wc -l <made.there) -ge $((marked_there + 10)) ]]; }
# longest_gap HERE THERE: the longest time without an answer of a daemon, from those lines on.
longest_gap() {
  { tail -n "+$1" made.here | longest; tail -n "+$2" made.there | longest; } | sort -n | tail -n 1
}
longest() { awk 'NR > 1 && $2 - last > most { most = $2 - last } { last = $2 } END { printf "%.1f\n", most }'; }
check_nothing_lost() {
  local lost
  cat made.here made.there | cut -d' ' -f1 | sort >answered # before what is kept is asked for
  sql 'SELECT id FROM tokens' | sort >kept
  lost=$(comm -23 answered kept)
  [[ -z $lost ]] || fail "$1: answered, and lost: $lost"
  [[ $(sql 'SELECT era FROM log_head') == 1 ]] || fail "$1: history was not lost, but a new era begun"
  [[ $(sql 'SELECT count(*), max(seq) - min(seq) + 1 FROM audit_log' | tr '|' '\n' | sort -u | wc -l) == 1 ]] ||
    fail "$1: the log has a gap"
}
mark
wait_for "some tokens" go_on

# Handed over, as before an upgrade of the leader's machine.
mark
from=("$marked_here" "$marked_there")
curl -sf -o /dev/null --max-time 120 -d '{"leader": "a", "candidate": "b"}' "http://127.0.0.1:$a_rest/switchover" ||
  fail "Patroni does not hand over"
wait_long "the new leader" is_leader b
mark
wait_long "changes to go on after the leader was handed over" go_on
echo "handed over: $(longest_gap "${from[@]}") s without an answered change"
check_nothing_lost "handed over"
wait_long "the old leader to be a synchronous standby" is_synchronous a

# The leader is killed, and its Patroni.
mark
kill_node b
wait_long "changes to go on after the leader was killed" go_on
gap=$(longest_gap "$marked_here" "$marked_there")
echo "killed: $gap s without an answered change; ttl $ttl s"
# At most ttl + 5 s, where nothing else keeps the machine busy.
awk -v gap="$gap" -v ttl="$ttl" 'BEGIN { exit !(gap <= ttl + 25) }' || fail "$gap s without an answered change"
for maker in maker1 maker2; do
  kill "${pids[$maker]}"
  wait "${pids[$maker]}" 2>/dev/null || true
  unset "pids[$maker]"
done
check_nothing_lost killed
is_leader a || fail "the standby has not become the leader"
expect 0 "$MKT" info tool@1.0.0
MKT_REGISTRY=$there expect 0 "$MKT" install tool --dir elsewhere/tool
