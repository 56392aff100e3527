#!/usr/bin/env bash
# The synchronous standby is away, and the wait of a commit for it was cancelled: the primary alone has the
# change. Who asks for the same again is not told that it is done, until the standby has it.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
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
start_three
register acme
make_connector tool
expect 0 "$MKT" publish tool --key "$key"
make_connector tool 1.1.0
"$MKT" pack tool --json -o new.tgz >/dev/null
"$MKT" sign new.tgz --key "$key" >/dev/null 2>&1
key2=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$key2"

kill -INT "$standby"
wait "$standby" || true
standby=
publish() { curl -sS -o "answer.$1" -w '%{http_code}' --max-time 60 -X PUT -H "Authorization: Bearer $token" -H "Mkt-Signature: $(base64 -w0 new.tgz.sig.json)" --data-binary @new.tgz "$(at "$1")/v1/connectors/tool/1.1.0"; }
revoke() { curl -sS -o "answer.$1" -w '%{http_code}' --max-time 60 -H "Authorization: Bearer $token" -d '{"reasonCode":"superseded","reason":"test"}' "$(at "$1")/v1/publishers/acme/keys/$key2/revoke"; }
install() { curl -sS -o "answer.$1" -w '%{http_code}' --max-time 60 -H "Authorization: Bearer $token" -d '{"connectorId":"tool","version":"1.0.0"}' "$(at "$1")/v1/tenants/team/installs"; }
touch cancelling
while [[ -e cancelling ]]; do
  sql "SELECT count(*) FROM (SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep') AS t" >>cancelled
  sleep 0.1
done &
helpers+=($!)
for what in publish revoke install; do
  [[ $($what a) == 503 ]] || fail "$what, at a: $(<answer.a)"
done
sleep 3
rm cancelling
stop_helpers
told=
for what in publish revoke install; do
  status=$($what b)
  [[ $status != 2?? ]] || told+=" $what ($status)"
done
[[ -z $told ]] || fail "told as done, and only the primary has it:$told"
