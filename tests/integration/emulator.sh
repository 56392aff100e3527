# Sourced after lib.sh by the tests of the mirror: Google's own Firestore emulator on a free port, which
# the environment then names; the test is skipped where it is not installed.
emulator=$("$SOURCE/scripts/firestore-emulator") || skip "Google's Firestore emulator, or its Java, is not installed"

emulator_pid=
stop_emulator() {
  [[ -n $emulator_pid ]] || return 0
  kill -CONT -- "-$emulator_pid" 2>/dev/null || true
  kill -KILL -- "-$emulator_pid" 2>/dev/null || true # its shell and its Java
}
free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }
start_emulator() {
  local port
  port=$(free_port)
  set -m # a process group of its own
  "$emulator" start --host=127.0.0.1 --port="$port" >emulator.log 2>&1 </dev/null &
  emulator_pid=$!
  set +m
  export FIRESTORE_EMULATOR_HOST=127.0.0.1:$port
  wait_for "the emulator" curl -sf -o /dev/null "http://$FIRESTORE_EMULATOR_HOST/"
}

# Google has no emulator of Cloud Storage that could be installed: the tests' own stands for it.
bucket_pid=
start_bucket() { # NAME
  "$MIRROR_FAULTS" bucket "$1" "$work/objects" "$work/bucket.port" &
  bucket_pid=$!
  wait_for "the bucket" test -s "$work/bucket.port"
  export STORAGE_EMULATOR_HOST=http://127.0.0.1:$(<"$work/bucket.port")
}
stop_bucket() { [[ -z $bucket_pid ]] || kill "$bucket_pid" 2>/dev/null || true; }

mirror() { "$MKTD" mirror "$@" --data data --json 2>/dev/null; }
waiting() { mirror status | jq .waiting; }
as_admin() { curl -sS -H "Authorization: Bearer $token" "$@"; }
