#!/usr/bin/env bash
# Three daemons, one marketplace: a webhook and the mirror are served by one of them at a time, old
# prereleases are withdrawn by one, and another goes on where one was killed, or hangs.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/s3_server.sh"
source "$(dirname "$0")/emulator.sh"
declare -A pids=()
receiver=
cleanup() {
  local name
  for name in "${!pids[@]}"; do
    kill -CONT "${pids[$name]}" 2>/dev/null || true
    kill "${pids[$name]}" 2>/dev/null && wait "${pids[$name]}" || true
  done
  [[ -z $receiver ]] || kill "$receiver" 2>/dev/null || true
  stop_emulator
  stop_s3
  stop_postgres
}
source "$(dirname "$0")/postgres_server.sh"
start_s3
start_emulator
ask() { "$bin/psql" -qtA "$MKT_TEST_POSTGRES" -c "$1"; }

perl "$SOURCE/tests/integration/webhook_receiver.pl" receiver.port told &
receiver=$!
wait_for "the receiver" test -s receiver.port
touch told
{
  echo "database = \"$MKT_TEST_POSTGRES\""
  echo "blobs = \"$MKT_TEST_S3\""
  echo 'keep-prereleases = 2'
  printf '[[webhook]]\nurl = "http://127.0.0.1:%s/hook"\nsecret = "%032d"\nevents = ["version.publish", "request.*"]\n' "$(<receiver.port)" 7
} >shared.conf
chmod 600 shared.conf
expect 0 "$MKTD" init --data a --database "$MKT_TEST_POSTGRES"
token=$(<a/admin.token)
export MKT_TOKEN=$token

# start NAME [FLAG…]: another daemon of the marketplace, with its data in ./NAME.
start() {
  local name=$1
  shift
  rm -f "$name/mktd.url"
  "$MKTD" --config shared.conf --data "$name" --listen 127.0.0.1:0 "${no_limits[@]}" "$@" 2>>mktd.log &
  pids[$name]=$!
  wait_for "the daemon $name" test -s "$name/mktd.url"
}
at() { cat "$1/mktd.url"; }
# holder JOB: the name of the daemon that has it; fails while none has.
holder() {
  local url name
  url=$(ask "SELECT d.url FROM job_leases AS l JOIN daemons AS d ON d.id = l.holder
             WHERE l.name LIKE '$1' AND l.until > extract(epoch FROM clock_timestamp()) * 1000")
  for name in "${!pids[@]}"; do
    [[ $(ask "SELECT 1") == 1 && -s $name/mktd.url && $url == "$(at "$name")" ]] && echo "$name" && return
  done
  return 1
}
# a and b mirror; c has no such setting, and changes nothing about it.
mirrored=(--firestore-project test)
start a "${mirrored[@]}"
start b "${mirrored[@]}"
start c
has_holder() { holder "$1" >/dev/null; }
wait_for "somebody to serve the webhook" has_holder 'webhook:%'
wait_for "somebody to mirror" has_holder mirror

MKT_REGISTRY=$(at c)
export MKT_REGISTRY
register acme
published=0 events=0
# publish DAEMON: the next version, by that daemon.
publish() {
  published=$((published + 1)) events=$((events + 1))
  make_connector hook "1.0.$published"
  MKT_REGISTRY=$(at "$1") expect 0 "$MKT" publish hook --key "$key"
}
# Each event is told, in order, and those that were told twice are at most as many as wanted.
told_all() { [[ $(sort -u told | wc -l) == "$events" ]]; }
check_told() { # TWICE
  wait_for "all events to be told" told_all
  [[ $(cut -d' ' -f1 told) == "$(cut -d' ' -f1 told | sort -n)" ]] || { cat told >&2; fail "events came out of order"; }
  [[ $(wc -l <told) -le $((events + $1)) ]] || { cat told >&2; fail "events were told again and again"; }
}
root=http://$FIRESTORE_EMULATOR_HOST/v1/projects/test/databases/\(default\)/documents
is_mirrored() {
  [[ $(curl -sS -g -H 'Authorization: Bearer owner' "$root/gwi_marketplace_connectors/hook" | jq -r .fields.latestVersion.stringValue) == "1.0.$published" ]]
}
for name in a b c a b c; do publish "$name"; done
check_told 0
# Also what makes nothing stale that the others remember, and where nothing else happens.
make_connector vault
jq '.capabilities = ["auth"]' vault/connector.manifest.json >m && mv m vault/connector.manifest.json
expect 0 "$MKT" publish vault --key "$key"
events=$((events + 1))
check_told 0
for name in a b c; do
  curl -sS -H "Authorization: Bearer $token" -d '{"connectorId": "vault", "version": "1.0.0"}' \
    "$(at "$name")/v1/tenants/team-$name/installs" | jq -e '.status == "pending"' >/dev/null || fail "an install request by $name"
  events=$((events + 1))
  check_told 0
done
wait_for "the mirror to have what c has published" is_mirrored

# The one that serves the webhook is killed: another goes on, and repeats an event at most.
killed=$(holder 'webhook:%')
kill -KILL "${pids[$killed]}"
wait "${pids[$killed]}" || true
unset "pids[$killed]"
rest=("${!pids[@]}")
for name in "${rest[@]}" "${rest[@]}"; do publish "$name"; done
check_told 1
rm -f "$killed/mktd.url"
start "$killed" $([[ $killed == c ]] || echo "${mirrored[@]}")

# One hangs: another takes over when its lease is over. When it goes on, it leaves the cursor alone.
hangs=$(holder 'webhook:%')
kill -STOP "${pids[$hangs]}"
for name in "${!pids[@]}"; do [[ $name == "$hangs" ]] || publish "$name"; done
moved_on() { local now; now=$(holder 'webhook:%') && [[ $now != "$hangs" ]]; }
wait_for "another to take over" moved_on
check_told 2
cursor=$(ask 'SELECT seq FROM webhook_cursors')
kill -CONT "${pids[$hangs]}"
for name in a b c; do publish "$name"; done
check_told 2
[[ $(ask 'SELECT seq FROM webhook_cursors') -gt $cursor ]] || fail "the cursor went back"

# The mirror, likewise.
killed=$(holder mirror)
[[ $killed != c ]] || fail "c mirrors, without a setting for it"
kill -KILL "${pids[$killed]}"
wait "${pids[$killed]}" || true
unset "pids[$killed]"
publish c
wait_for "the mirror to go on" is_mirrored
# Nobody mirrors any more, and what is published meanwhile is not lost.
for name in a b; do
  [[ -n ${pids[$name]:-} ]] || continue
  kill "${pids[$name]}"
  wait "${pids[$name]}"
  unset "pids[$name]"
done
publish c
! is_mirrored || fail "somebody mirrors still"
start a "${mirrored[@]}"
wait_for "the mirror to have what came meanwhile" is_mirrored

# Old prereleases, likewise: whoever has the job withdraws each once, whoever published.
try=0
publish_try() { # DAEMON
  try=$((try + 1))
  make_connector tried "1.0.0-$try"
  MKT_REGISTRY=$(at "$1") expect 0 "$MKT" publish tried --key "$key"
}
withdrawn() { ask "SELECT subject FROM audit_log WHERE action = 'version.withdraw' ORDER BY seq"; }
all_but_two() { [[ $(withdrawn) == "$(seq -f 'tried@1.0.0-%.0f' $((try - 2)))" ]]; }
for name in a c a c; do publish_try "$name"; done
wait_for "the first to go" all_but_two
killed=$(holder housekeeping)
kill -KILL "${pids[$killed]}"
wait "${pids[$killed]}" || true
unset "pids[$killed]"
rest=("${!pids[@]}")
moved_on() { [[ $(holder housekeeping) == "${rest[0]}" ]]; }
wait_for "another to take over" moved_on
# It looks after what is published from its first round on.
before=$(withdrawn | wc -l)
goes_on() { publish_try "${rest[0]}" && (($(withdrawn | wc -l) > before)); }
wait_for "another to go on" goes_on
wait_for "the rest to go" all_but_two
