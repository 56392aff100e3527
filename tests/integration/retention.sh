#!/usr/bin/env bash
# keep-prereleases: a new prerelease makes the oldest go, but none that is in use; what is kept can be
# backed up, restored and checked.
source "$(dirname "$0")/lib.sh"

publish() { # ID VERSION
  jq --arg v "$2" '.version = $v' "$1/connector.manifest.json" >m
  mv m "$1/connector.manifest.json"
  expect 0 "$MKT" publish "$1"
}
withdrawn() { # ID VERSION
  [[ $(http GET "/v1/connectors/$1/$2/tarball") == 410 ]]
}
expect 2 "$MKTD" --data data --keep-prereleases many --check-config
expect 2 "$MKTD" --data data --keep-prereleases -1 --check-config
printf 'keep-prereleases = 2\n' >mktd.conf
start_mktd --config mktd.conf
register acme
make_connector tool
publish tool 1.0.0
for n in 1 2 3 4; do
  publish tool "1.1.0-dev.$n"
  case $n in
    1) expect 0 "$MKT" --tenant team install "tool@1.1.0-dev.1" ;;
    2) expect 0 "$MKT" install "tool@1.1.0-dev.2" --root locked/connectors ;;
  esac
done
wait_for "the old one to go" withdrawn tool 1.1.0-dev.2
for number in 1.0.0 1.1.0-dev.1 1.1.0-dev.3 1.1.0-dev.4; do
  expect_http 200 - GET "/v1/connectors/tool/$number/tarball"
done
says mktd.log "withdrew old prereleases"
expect_http 410 version_withdrawn GET /v1/connectors/tool/1.1.0-dev.2/tarball
says body "the registry keeps 2 prereleases"
expect 4 "$MKT" install --frozen --root locked/connectors
says err "tool@1.1.0-dev.2 was withdrawn on"
says err "(retention): the registry keeps 2 prereleases, and 2 newer ones are there"
expect 0 "$MKT" --tenant team install --frozen
[[ $("$MKT" --json log | jq -c '[.entries[] | select(.action == "version.withdraw") | [.actor, .subject]]') == '[["system","tool@1.1.0-dev.2"]]' ]] ||
  fail "the log: $("$MKT" --json log)"
jq '.version = "1.1.0-dev.2"' tool/connector.manifest.json >m && mv m tool/connector.manifest.json
expect 4 "$MKT" publish tool
says err "a number is never used again"

# The setting can change while it runs.
printf 'keep-prereleases = 0\n' >mktd.conf
kill -HUP "$daemon"
wait_for "the reload" grep -q 'keep-prereleases: 2, now 0' mktd.log
publish tool 1.1.0-dev.5
publish tool 1.1.0-dev.6

# The bytes that went are not missed.
expect 0 "$MKTD" check --data data --json
[[ $(jq -c '[.tarballs, .unreferenced, .damage]' out) == '[6,0,[]]' ]] || fail "check says $(<out)"
expect 0 "$MKTD" backup full.tar --data data
publish tool 1.1.0-dev.7
expect 0 "$MKTD" backup more.tar --since full.tar --data data
expect 0 "$MKTD" gc --data data --grace 0s
says out "removed 0"
stop_mktd
expect 0 "$MKTD" restore more.tar --data restored
expect 0 "$MKTD" check --data restored --json
[[ $(jq -c '[.tarballs, .unreferenced, .damage]' out) == '[7,0,[]]' ]] || fail "check says $(<out)"
