#!/usr/bin/env bash
# `mktd status`: what the machine of a daemon says of it, without a token: running, stopped, and not
# ready.
source "$(dirname "$0")/lib.sh"

# Where nothing runs it exits as `systemctl status` does.
expect 3 "$MKTD" status --data data
says out "mktd is not running"
says out "data (there is no such folder)"
expect 3 "$MKTD" status --data data --json
[[ $(jq -c '[.running, .data, .lastBackup]' out) == '[false,"data",null]' ]] || fail "status says $(<out)"

start_mktd --listen "unix:$work/mktd.sock" --operations admin --reads token
register acme
make_connector hello
expect 0 "$MKT" publish hello
rm data/admin.token # as mktd-operations(7) asks for
expect 0 "$MKTD" status --data data --json
[[ $(jq -c '[.running, .pid, .status, .connectors, .versions, .tarballs, .mirror, .certificate, .lastBackup]' out) == "[true,$daemon,\"ready\",1,1,1,null,null,null]" ]] ||
  fail "status says $(<out)"
[[ $(jq -r .version out) == "$("$MKTD" --version | cut -d' ' -f2)" ]] || fail "the version"
[[ $(jq -c .addresses out) == "[\"$MKT_REGISTRY\",\"unix:$work/mktd.sock\"]" ]] || fail "the addresses: $(jq -c .addresses out)"
[[ $(jq .tarballBytes out) == $(stat -c %s data/blobs/??/*) ]] || fail "the tarball's size"
curl -sS "$MKT_REGISTRY/v1/log" -H "Authorization: Bearer $token" -o log.json
[[ $(jq .sequence out) == "$(jq ".entries[-1].sequence // .entries[-1].seq" log.json)" ]] || fail "the log: $(<log.json)"
(($(jq .freeBytes out) > 0)) || fail "the disk"
date -ud "$(jq -r .startedAt out)" >/dev/null || fail "startedAt"
jq -e '.parts | map(.name) | contains(["store", "disk", "limits", "webhooks"])' out >/dev/null || fail "the parts"
expect 0 "$MKTD" status --data data
says out "mktd is running and ready"
says out "1 connector, 1 version, 1 tarball of"
says out "backup    none is known"

expect 0 "$MKTD" backup registry.tar --data data
expect 0 "$MKTD" status --data data --json
[[ $(jq -r .lastBackup.file out) == "$work/registry.tar" ]] || fail "the backup: $(<out)"
(($(date +%s) - $(date -ud "$(jq -r .lastBackup.at out)" +%s) < 60)) || fail "the backup's time"
[[ $(stat -c %a data/last-backup) == 600 ]] || fail "last-backup may be read by others"

# /metrics says the same as /readyz.
curl -sS "$MKT_REGISTRY/metrics" -H "Authorization: Bearer $token" -o metrics
says metrics "mktd_ready 1"

# Several ask at once, also while it stops.
for ((i = 0; i < 30; i++)); do "$MKTD" status --data data --json >/dev/null 2>&1 & done
stop_mktd
wait
expect 3 "$MKTD" status --data data --json
[[ $(jq -c '[.running, .lastBackup.file]' out) == "[false,\"$work/registry.tar\"]" ]] || fail "status says $(<out)"

# After a stop the database is whole without its log.
[[ ! -s data/mktd.db-wal ]] || fail "the last changes are in mktd.db-wal alone"

# A daemon that was killed does not run, although its files say so.
echo "$token" >data/admin.token # start_mktd reads it
start_mktd
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
daemon=
[[ -S data/control.sock && -s data/mktd.url ]] || fail "the crash left nothing"
expect 3 "$MKTD" status --data data
# One that hangs is told of, after ten seconds.
start_mktd
kill -STOP "$daemon"
expect 7 "$MKTD" status --data data
kill -CONT "$daemon"
says out "does not answer"
stop_mktd
# Somebody who has the folder and does not answer is told of.
exec 9>>data/LOCK
flock -x 9
expect 7 "$MKTD" status --data data
says out "does not answer"
exec 9>&-

# A file of another kind in its place.
rm -f data/control.sock
mkdir data/control.sock
expect 3 "$MKTD" status --data data
rmdir data/control.sock
expect 2 "$MKTD" status --cluster
