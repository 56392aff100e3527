#!/usr/bin/env bash
# A sync that fails: the change is refused, nothing is acknowledged that may be lost, and the daemon
# ends with 75 for its supervisor to start it again; then everything that was answered is there.
source "$(dirname "$0")/lib.sh"

[[ -f ${FAIL_SYNC_LIBRARY:-} ]] || skip "disk_fails: FAIL_SYNC_LIBRARY is not set"
ask() { http POST "/v1/tenants/$1/installs" -H "Authorization: Bearer $token" -d '{"connectorId": "tool"}'; }

export FAIL_SYNC=$work/fail ASAN_OPTIONS=verify_asan_link_order=0
real=$MKTD
cat >mktd.preloaded <<SH
#!/bin/sh
LD_PRELOAD=$FAIL_SYNC_LIBRARY exec "$real" "\$@"
SH
chmod +x mktd.preloaded
MKTD=$work/mktd.preloaded
start_mktd
register acme
make_connector tool
expect 0 "$MKT" publish tool --key "$key"
[[ $(ask before) == 201 ]] || fail "the install before: $(<body)"
touch "$FAIL_SYNC"
[[ $(ask during) == 503 ]] || fail "a change whose sync failed was answered with $(<body)"
[[ $(jq -r .code body) == storage_failed ]] || fail "the code: $(<body)"
status=0
wait "$daemon" || status=$?
daemon=
[[ $status == 75 ]] || fail "mktd ended with $status, not 75"
says mktd.log "the disk failed"
rm "$FAIL_SYNC"
start_mktd
expect_http 200 - GET /v1/tenants/before/installs/tool -H "Authorization: Bearer $token"
[[ $(ask during) == 20? ]] || fail "after the restart: $(<body)"
stop_mktd
