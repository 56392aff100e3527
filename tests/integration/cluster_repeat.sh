#!/usr/bin/env bash
# The synchronous standby is away, and the wait of a commit for it was cancelled: the primary alone has the
# change. Who asks for the same again is not told that it is done, until the standby has it.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
source "$SOURCE/tests/integration/synchronous_standby.sh"
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
