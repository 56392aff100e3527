#!/usr/bin/env bash
# `mktd gc` while the daemon serves: only old garbage goes, no publication loses its bytes to it, and
# a daemon may be killed at any moment.
source "$(dirname "$0")/lib.sh"

# leave TEXT: what a crash between a tarball and its version leaves, two days old; sets `stray`.
leave() {
  local sum
  sum=$(printf '%s' "$1" | sha256sum | cut -d' ' -f1)
  stray=data/blobs/${sum:0:2}/$sum
  mkdir -p "${stray%/*}"
  printf '%s' "$1" >"$stray"
  touch -d '2 days ago' "$stray"
}

start_mktd
register acme
make_connector hello
expect 0 "$MKT" publish hello

[[ $(stat -c '%a %F' data/control.sock) == '600 socket' ]] || fail "control.sock: $(stat -c '%a %F' data/control.sock)"
leave old
old=$stray
leave young
touch "$stray"
expect 0 "$MKTD" gc --data data --dry-run
says out "would remove 1 tarball that nothing refers to, 3 bytes"
says out "sha256:${old##*/}"
[[ -e $old ]] || fail "a dry run removed something"
expect 0 "$MKTD" gc --data data --json
[[ $(jq -c '[.removed, .bytes, .unfinished, .dryRun, .tarballs]' out) == "[1,3,0,false,[\"sha256:${old##*/}\"]]" ]] ||
  fail "gc says $(<out)"
[[ ! -e $old && -e $stray ]] || fail "not exactly the old one went"
says mktd.log "removed tarballs that nothing refers to"
expect 0 "$MKTD" gc --data data --grace 2h
[[ -e $stray ]] || fail "a tarball went before its time"
says out "; 1 tarball stays, being young (--grace)"
expect 0 "$MKTD" gc --data data --grace 0s
[[ ! -e $stray ]] || fail "--grace was not heard"
expect 2 "$MKTD" gc --data data --grace soon
expect 0 "$MKTD" check --data data

# A program that speaks nonsense, or nothing, changes nothing and keeps nobody waiting.
python3 - <<'PY'
import json, socket
def ask(text):
    s = socket.socket(socket.AF_UNIX)
    s.connect("data/control.sock")
    s.sendall(text)
    return s.makefile().readline()
silent = [socket.socket(socket.AF_UNIX) for _ in range(3)]
for s in silent: s.connect("data/control.sock")
for text in [b"\n", b"{}\n", b"[]\n", b"7\n", b"gc\n", b'{"do": "dance"}\n', b'{"do": "gc"}\n',
             b'{"do": "gc", "ageMs": -1, "dryRun": false}\n', b'{"do": ["gc"]}\n', b"x" * 100000]:
    try:
        answer = json.loads(ask(text))
        assert answer["error"] and answer["code"], answer
    except (BrokenPipeError, ConnectionResetError): pass
PY
expect 0 "$MKTD" gc --data data

# Another user cannot ask, whatever the modes are.
if ((EUID == 0)); then
  chmod 711 "$work" data
  chmod 777 data/control.sock
  got=$(python3 - <<'PY'
import os, socket
os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.connect("data/control.sock")
try:
    s.sendall(b'{"do": "gc", "ageMs": 0, "dryRun": true}\n')
    print(s.recv(100))
except (BrokenPipeError, ConnectionResetError): print(b"")
PY
  )
  [[ $got == "b''" ]] || fail "another user was answered: $got"
  chmod 700 "$work" data
fi

# Publications, collections and a daemon that is killed, all at once. The bytes that are published are
# garbage when they come.
start_collector() {
  rm -f stop
  while [[ ! -e stop ]]; do "$MKTD" gc --data data --grace 0s >/dev/null 2>&1 || true; done &
  collector=$!
}
stop_collector() {
  touch stop
  wait "$collector"
}
make_connector storm
for ((round = 1; round <= 6; round++)); do
  start_collector
  for ((i = 1; i <= 6; i++)); do
    jq --arg v "1.$round.$i" '.version = $v' storm/connector.manifest.json >m
    mv m storm/connector.manifest.json
    expect 0 "$MKT" pack storm -o storm.tgz
    sum=$(sha256sum <storm.tgz | cut -d' ' -f1)
    mkdir -p "data/blobs/${sum:0:2}"
    cp storm.tgz "data/blobs/${sum:0:2}/$sum"
    if ((i < 4)); then
      expect 0 "$MKT" publish storm
      continue
    fi
    "$MKT" publish storm >/dev/null 2>&1 &
    publisher=$!
    sleep "0.0$((round + i * 11 % 7))"
    kill -9 "$daemon"
    wait "$daemon" 2>/dev/null || true
    daemon=
    wait "$publisher" || true
    stop_collector # without a daemon it takes the folder, and a daemon cannot start for that moment
    start_mktd
    start_collector
  done
  stop_collector
  expect 0 "$MKTD" check --data data
done
expect 0 "$MKTD" gc --data data --grace 0s
expect 0 "$MKTD" check --data data
says out "all sound"
! grep -F "nothing refers" out || fail "garbage stayed: $(<out)"
stop_mktd
[[ ! -e data/control.sock ]] || fail "the socket stayed"

# A download goes on while its tarball is removed: it is an open file.
# (Nothing that a version names is ever removed; here the row is taken away by hand.)
make_connector big
head -c 3000000 /dev/urandom >big/noise.bin
start_mktd
expect 0 "$MKT" publish big
url=$MKT_REGISTRY/v1/connectors/big/1.0.0/tarball
curl -sS "$url" -o whole || true
blob=data/blobs/$(sha256sum <whole | cut -c1-2)/$(sha256sum <whole | cut -c1-64)
[[ -e $blob ]] || fail "the download is not the tarball"
curl -sS --limit-rate 1M "$url" -o slow &
reader=$!
wait_for "the download to begin" test -s slow
rm "$blob" # as gc would
wait "$reader" || fail "the download broke"
cmp whole slow || fail "the download has other bytes"
