#!/usr/bin/env bash
# `mktd check --online` beside a daemon that serves: it keeps its pace, what comes meanwhile is no
# garbage, what goes is not missing, and damage is still found.
source "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"

start_mktd
register acme
for id in one two; do
  make_connector $id
  head -c 1000000 /dev/urandom >$id/noise.bin
  expect 0 "$MKT" publish $id
done
expect 0 "$MKTD" check --data data --online --json
[[ $(jq -c '[.tarballs, .removedMeanwhile, .unreferenced, .damage]' out) == '[2,0,0,[]]' ]] || fail "check says $(<out)"
expect 2 "$MKTD" check --data data --rate 1000
expect 2 "$MKTD" check --data data --online --rate 0

# Two megabytes at 600 kB a second take more than two seconds: the second tarball is read when the
# first one is done.
started=$(date +%s%N)
"$MKTD" check --data data --online --rate 600000 --json >slow.out 2>slow.err &
checker=$!
# Its snapshot is taken when it has a tarball open.
reads_a_tarball() { [[ $(readlink "/proc/$checker/fd/"* 2>/dev/null) == */blobs/* ]]; }
wait_for "the check to read" reads_a_tarball
make_connector late
expect 0 "$MKT" publish late
# A version goes, and its tarball with it: a hand in the database, as no rule of mktd does it.
first=$(readlink "/proc/$checker/fd/"* | grep -o 'blobs/.*' || true)
while read -r id blob; do
  [[ $blob != "$first" ]] || continue
  sqlite3 data/mktd.db "PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = OFF;
    DELETE FROM versions WHERE connector_id = '$id'" >/dev/null
  rm "data/$blob"
done < <(sqlite3 -readonly -separator ' ' data/mktd.db "SELECT connector_id,
  'blobs/' || substr(checksum, 8, 2) || '/' || substr(checksum, 8) FROM versions WHERE connector_id <> 'late'")
wait "$checker" || { cat slow.out slow.err >&2; fail "the check found damage"; }
[[ $(jq -c '[.tarballs, .removedMeanwhile, .unreferenced, .damage]' slow.out) == '[2,1,0,[]]' ]] || fail "check says $(<slow.out)"
(($(date +%s%N) - started > 1000000000)) || fail "it took no time"
stop_mktd

# What is missing and named is damage, also with --online.
rm -r data/blobs/*/????????????????????????????????????????????????????????????????
expect 10 "$MKTD" check --data data --online
says out "is missing"
