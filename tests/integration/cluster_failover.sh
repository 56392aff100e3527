#!/usr/bin/env bash
# Two daemons on a PostgreSQL with a standby. With a synchronous one, everything that was answered is
# there after the primary was killed and the standby promoted. With one that lacks the newest changes,
# the daemons notice that history is lost: no number is used twice, nobody answers from an old memory,
# and clients do not take the registry for an older one.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/token_makers.sh"
source "$(dirname "$0")/s3_server.sh"
other= standby=
cleanup() {
  [[ -z $other ]] || { kill "$other" 2>/dev/null && wait "$other"; } || true
  stop_mktd || true
  [[ -z $standby ]] || kill -INT "$standby" 2>/dev/null || true
  stop_s3
  stop_postgres
}
source "$(dirname "$0")/postgres_server.sh"
start_s3
primary_port=$port
standby_port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
sql() { "$bin/psql" -qtA -h 127.0.0.1 -p "$1" -U postgres postgres -c "$2"; }
mkt_sql() { "$bin/psql" -qtA -h 127.0.0.1 -p "$1" -U mktd mkt -c "$2"; }
# start_database FOLDER PORT: sets started.
start_database() {
  "${as_postgres[@]}" "$bin/postgres" -D "$1" -p "$2" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$cluster" -c max_connections=300 >>postgres.log 2>&1 &
  started=$!
  wait_for "the database" "$bin/pg_isready" -q -h 127.0.0.1 -p "$2" -U postgres
}
# copy_to_standby FROM-PORT: a new standby, which is started.
copy_to_standby() {
  "${as_postgres[@]}" "$bin/pg_basebackup" -D "$cluster/$2" -R -h 127.0.0.1 -p "$1" -U postgres -c fast
  start_database "$cluster/$2" "$3"
  standby=$started
}
copy_to_standby "$primary_port" standby "$standby_port"
sql "$primary_port" "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'"
sql "$primary_port" 'SELECT pg_reload_conf()' >/dev/null
is_synchronous() { [[ $(sql "$1" 'SELECT sync_state FROM pg_stat_replication') == quorum ]]; }
wait_for "the standby" is_synchronous "$primary_port"

database=postgresql://mktd@127.0.0.1:$primary_port,127.0.0.1:$standby_port/mkt
shared=(--database "$database" --blobs "$MKT_TEST_S3")
expect 0 "$MKTD" init --data data --database "$database"
start_mktd "${shared[@]}"
"$MKTD" --data other --listen 127.0.0.1:0 "${no_limits[@]}" "${shared[@]}" 2>>mktd.log &
other=$!
wait_for "the other daemon" test -s other/mktd.url
there=$(<other/mktd.url) here=$MKT_REGISTRY
export MKT_TOKEN=$token
register acme
make_connector tool
expect 0 "$MKT" publish tool

touch made.here made.there
make_tokens "$here" made.here & first=$!
make_tokens "$there" made.there & second=$!
some() { [[ $(wc -l <made.here) -ge $1 && $(wc -l <made.there) -ge $1 ]]; }
wait_for "some tokens" some 5

# The primary is killed, and the standby promoted. Nothing is restarted.
kill -KILL "$server"
wait "$server" 2>/dev/null || true
server=$standby standby=
sql "$standby_port" 'SELECT pg_promote()' >/dev/null
sql "$standby_port" "ALTER SYSTEM SET synchronous_standby_names = ''"
sql "$standby_port" 'SELECT pg_reload_conf()' >/dev/null
before=$(cat made.here made.there | wc -l)
go_on() { [[ $(cat made.here made.there | wc -l) -ge $((before + 10)) ]]; }
wait_for "changes to go on after the promotion" go_on
kill "$first" "$second"
wait "$first" "$second" 2>/dev/null || true
mkt_sql "$standby_port" "SELECT id FROM tokens" | sort >kept
lost=$(cut -d' ' -f1 made.here made.there | sort | comm -23 - kept)
[[ -z $lost ]] || fail "answered, and lost: $lost"
[[ $(mkt_sql "$standby_port" 'SELECT era FROM log_head') == 1 ]] || fail "history was not lost, but a new era begun"
[[ $(mkt_sql "$standby_port" 'SELECT count(*), max(seq) - min(seq) + 1 FROM audit_log' | tr '|' '\n' | sort -u | wc -l) == 1 ]] ||
  fail "the log has a gap"

# A standby that does not get the newest changes, and is promoted all the same. The daemons know more
# than it does: a version, and a revoked key, of which the client knows the number.
rm -rf "$cluster/data"
copy_to_standby "$standby_port" data "$primary_port"
is_there() { [[ -n $(sql "$standby_port" 'SELECT 1 FROM pg_stat_replication') ]]; }
wait_for "the new standby" is_there
caught_up() { [[ $(mkt_sql "$primary_port" 'SELECT seq FROM log_head') == "$(mkt_sql "$standby_port" 'SELECT seq FROM log_head')" ]]; }
wait_for "the new standby to have everything" caught_up
kill -INT "$standby"
wait "$standby" || true
standby=
key2=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$key2"
expect 0 "$MKT" key revoke "$key2" --reason-code superseded --reason test --yes
make_connector tool 1.1.0
expect 0 "$MKT" publish tool --key "$key"
expect 0 "$MKT" audit
MKT_REGISTRY=$there expect 0 "$MKT" info tool@1.1.0
newest=$(mkt_sql "$standby_port" 'SELECT seq FROM log_head')
kill -KILL "$server"
wait "$server" 2>/dev/null || true
start_database "$cluster/data" "$primary_port"
server=$started
sql "$primary_port" 'SELECT pg_promote()' >/dev/null
new_era() { [[ $(mkt_sql "$primary_port" 'SELECT era FROM log_head') == 2 ]]; }
wait_for "a new era" new_era
[[ $(mkt_sql "$primary_port" 'SELECT seq FROM log_head') -gt $newest ]] || fail "numbers are used again"
is_gone() { MKT_REGISTRY=$1 "$MKT" info tool@1.1.0 >out 2>err; [[ $? == 3 ]]; }
for url in "$here" "$there"; do wait_for "$url to forget what is lost" is_gone "$url"; done
# A client that knows a newer list of keys than this one takes it: its number is larger.
is_taken() { "$MKT" audit >out 2>err; }
wait_for "the client to take the list of keys" is_taken
says_lost() { "$MKT" log --json | jq -e '[.entries[] | select(.action == "history.lost")] | length == 1' >/dev/null; }
wait_for "the log to say it" says_lost
expect 0 "$MKT" publish tool --key "$key"
