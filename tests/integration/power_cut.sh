#!/usr/bin/env bash
# The plug is pulled: whatever was answered is on the disk. A file system of its own, in a file behind
# a loop device, is copied while it is being written to; what the kernel had not handed on to the
# device by then is lost in the copy, as it would be in a power cut. That the method works is shown
# by SQLite itself: it loses commits with synchronous=NORMAL and none with FULL.
source "$(dirname "$0")/lib.sh"

command -v sqlite3 >/dev/null || skip "power_cut: sqlite3 is not installed"
mounted=()
unmount_all() {
  local folder
  for folder in "${mounted[@]}"; do umount "$folder" 2>/dev/null || umount -l "$folder" 2>/dev/null || true; done
  mounted=()
}
trap 'stop_mktd || true; unmount_all; finish' EXIT
# mount_image IMAGE FOLDER
mount_image() {
  mkdir -p "$2"
  mount -o loop "$1" "$2" 2>/dev/null || skip "power_cut: cannot mount a loop device here"
  mounted+=("$2")
}
new_image() {
  rm -f disk.img
  truncate -s 96M disk.img
  mkfs.ext4 -q -F disk.img
  mount_image disk.img disk
}
# cut PID: stops the process where it is, and keeps the disk as it is at this moment.
cut_power() {
  kill -STOP "$1"
  cp --sparse=always disk.img cut.img
  kill -KILL "$1"
  wait "$1" 2>/dev/null || true
  unmount_all
  mount_image cut.img cut
}

# lost_by_sqlite MODE: how many commits that it had announced are not there afterwards.
lost_by_sqlite() {
  local writer announced kept
  new_image
  : >announced
  {
    echo "PRAGMA journal_mode = WAL; PRAGMA synchronous = $1; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (n INTEGER);"
    for ((n = 1; n <= 200000; n++)); do printf 'INSERT INTO t VALUES (%d);\n.print %d\n' "$n" "$n"; done
  } >statements.sql
  stdbuf -oL sqlite3 disk/control.db <statements.sql >announced &
  writer=$!
  wait_for "commits" bash -c '(($(wc -l <announced) > 300))'
  sleep 0.3
  cut_power "$writer"
  announced=$(grep -E '^[0-9]+$' announced | tail -1)
  kept=$(sqlite3 cut/control.db 'SELECT coalesce(max(n), 0) FROM t' 2>/dev/null || echo 0)
  unmount_all
  echo "synchronous=$1: $announced commits announced, $kept kept" >&2
  lost=$((announced > kept ? announced - kept : 0))
}
lost_by_sqlite NORMAL
((lost > 0)) || fail "nothing is lost even with synchronous=NORMAL: this test shows nothing here"
lost_by_sqlite FULL
((lost == 0)) || fail "SQLite lost $lost commits with synchronous=FULL: this test shows nothing here"

ask() { # WORKER
  local n
  for ((n = 0; ; n++)); do
    for connector in tool vault; do
      curl -sS -m 5 -X POST "$MKT_REGISTRY/v1/tenants/t$1-$n/installs" -H "Authorization: Bearer $token" \
        -d "{\"connectorId\": \"$connector\"}" -w '\n' 2>/dev/null | jq -r "\"t$1-$n \" + .requestId" >>"told.$1"
    done
  done
}
# The daemon, with its data folder on such a disk.
cut_under_the_daemon() {
  local pid worker registry askers=()
  rm -f told told.* urls statuses
  rm -rf acme tool vault "$XDG_CONFIG_HOME" "$XDG_STATE_HOME"
  new_image
  mkdir -p data
  mount --bind disk data
  mounted=(data disk)
  start_mktd
  register acme
  for id in tool vault; do
    make_connector "$id"
    [[ $id == tool ]] || sed -i 's/"custom"/"auth"/' "$id/connector.manifest.json"
    expect 0 "$MKT" publish "$id"
  done
  for ((worker = 0; worker < 6; worker++)); do
    ask "$worker" 2>/dev/null &
    askers+=($!)
  done
  wait_for "answers" bash -c '(($(cat told.* 2>/dev/null | wc -l) > 200))'
  sleep "0.$((RANDOM % 10))"
  pid=$daemon
  daemon=
  kill -STOP "$pid"
  sleep 0.1   # answers under way arrive, and no new one is given
  kill "${askers[@]}"
  wait "${askers[@]}" 2>/dev/null || true
  cut_power "$pid"
  grep -hE '^t[0-9-]+ req_[0-9a-f]+$' told.* >told
  chmod 700 cut
  expect 0 "$MKTD" check --data cut
  rm -f cut/mktd.url
  "$MKTD" --data cut --listen 127.0.0.1:0 "${no_limits[@]}" 2>>mktd.log &
  daemon=$!
  wait_for "mktd to start again" test -s cut/mktd.url
  registry=$(<cut/mktd.url)
  while read -r tenant id; do
    printf 'url = "%s/v1/tenants/%s/install-requests/%s"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\nheader = "Authorization: Bearer %s"\nnext\n' \
      "$registry" "$tenant" "$id" "$token"
  done <told | sed '$d' >urls
  curl -sS -K urls >statuses
  [[ $(sort -u statuses) == 200 ]] || fail "lost: $(grep -vc 200 statuses) of $(wc -l <told) answered requests"
  echo "$(wc -l <told) answered requests, all of them kept" >&2
  stop_mktd
  unmount_all
}
for ((cut = 0; cut < ${POWER_CUTS:-2}; cut++)); do cut_under_the_daemon; done
