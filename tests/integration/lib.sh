# Sourced by the integration tests: real programs, a folder for each test, and checks whose messages
# say what broke. The environment has MKT and MKTD (programs), SOURCE (the repository) and SANITIZER
# (which one the programs were built with: address, thread, or empty).
set -euo pipefail
SANITIZER=${SANITIZER:-}

work=$(mktemp -d)
daemon=
export HOME=$work/home XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
unset REDIS_URL CI GITHUB_ACTIONS GITHUB_OUTPUT GITHUB_STEP_SUMMARY GITLAB_CI MKT_GITLAB_DOTENV \
  MKT_GITLAB_ANNOTATIONS MKT_CACHE_SIZE MKT_CA_FILE MKT_REGISTRY MKT_TOKEN MKT_TENANT MKT_KEY MKT_KEY_PASSPHRASE MKT_SIGNING_KEY \
  MKT_SIGNING_KEY_FILE MKT_SIGNING_KEY_PUBLISHER SSH_AUTH_SOCK
mkdir -p "$HOME"
cd "$work"

finish() {
  local status=$?
  if declare -F cleanup >/dev/null; then cleanup || true; fi
  stop_mktd || true
  if ((status != 0 && status != 77)) && [[ -f $work/mktd.log ]]; then
    echo "--- the daemon's last words" >&2
    tail -n 20 "$work/mktd.log" >&2
  fi
  cd /
  rm -rf "$work"
}
trap finish EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

skip() {
  echo "SKIPPED: $*" >&2
  exit 77
}

# Tests do in seconds what people do in hours. The limits have tests of their own (limits.sh).
no_limits=(--limit publish=off search=off download=off install=off change=off register=off
  auth-failure=off)

# start_mktd [FLAG…]: starts it on a free port with its data in ./data; sets MKT_REGISTRY, token,
# daemon.
start_mktd() {
  rm -f data/mktd.url
  "$MKTD" --data data --listen 127.0.0.1:0 "${no_limits[@]}" "$@" 2>>mktd.log &
  daemon=$!
  wait_while_it_lives "mktd to start" test -s data/mktd.url
  MKT_REGISTRY=$(<data/mktd.url)
  export MKT_REGISTRY
  token=$(<data/admin.token)
}

stop_mktd() {
  [[ -n $daemon ]] || return 0
  local pid=$daemon
  daemon=
  kill "$pid" 2>/dev/null || return 0
  kill -CONT "$pid" # a test may have stopped it
  wait "$pid"
}

# wait_for WHAT COMMAND…: waits until the command succeeds, at most $patience seconds (20).
wait_for() {
  local what=$1 i
  shift
  for ((i = 0; i < ${patience:-20} * 50; i++)); do
    "$@" 2>/dev/null && return
    [[ -z $daemon ]] || kill -0 "$daemon" 2>/dev/null || fail "mktd ended while waiting for $what"
    sleep 0.02
  done
  fail "waited in vain for $what"
}

# wait_while_it_lives WHAT COMMAND…: the same, as long as the daemon lives. A start ends with several fsyncs
# after a recovery of the database: on a busy machine that takes what it takes, and tells nothing of the daemon.
wait_while_it_lives() {
  local what=$1
  shift
  until "$@" 2>/dev/null; do
    kill -0 "$daemon" 2>/dev/null || fail "mktd ended while waiting for $what"
    sleep 0.02
  done
}

# expect STATUS COMMAND…: runs it and checks its status; stdout goes to ./out and stderr to ./err.
expect() {
  local want=$1 got=0
  shift
  "$@" >out 2>err || got=$?
  if [[ $got != "$want" ]]; then
    cat out err >&2
    fail "expected exit status $want, got $got: $*"
  fi
}

# says FILE TEXT: checks that the file contains the text.
says() {
  grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "\"$2\" is not in $1"; }
}

one_line() {
  [[ $(wc -l <"$1") == 1 ]] || { cat "$1" >&2; fail "$1 should hold one line"; }
}

# http METHOD PATH [CURL-ARGUMENT…]: prints the status; the body goes to ./body, headers to
# ./headers.
http() {
  local method=$1 path=$2
  shift 2
  : >body
  curl -sS -o body -D headers -w '%{http_code}' -X "$method" "$@" "$MKT_REGISTRY$path"
}

# expect_http STATUS CODE METHOD PATH …: also checks the error code; CODE is - for none.
expect_http() {
  local want=$1 code=$2 got
  shift 2
  got=$(http "$@")
  [[ $got == "$want" ]] || { cat body >&2; fail "expected HTTP $want, got $got: $*"; }
  [[ $code == - ]] || [[ $(jq -r .code body) == "$code" ]] || { cat body >&2; fail "expected $code: $*"; }
}

# make_connector ID [VERSION]: makes a folder ./ID that can be published.
make_connector() {
  mkdir -p "$1/lib"
  cat >"$1/connector.manifest.json" <<JSON
{"manifestVersion": "1.0", "id": "$1", "version": "${2:-1.0.0}", "displayName": "The $1",
 "description": "Made for a test", "author": "Tests", "license": "Apache-2.0",
 "entrypoint": "index.js", "capabilities": ["custom"],
 "tools": [{"name": "t", "policyClass": "READ"}]}
JSON
  echo "// $1" >"$1/index.js"
  echo "export {}" >"$1/lib/deep.js"
}

# older_body FOLDER KEY FILE: packs and signs the connector in the folder, and makes the body that
# POST /v1/publish takes.
older_body() {
  expect 0 "$MKT" pack "$1" -o "$1.tgz"
  expect 0 "$MKT" sign "$1.tgz" --key "$2"
  base64 -w0 "$1.tgz" >tarball.b64
  tar -xzOf "$1.tgz" connector.manifest.json >packed.json
  jq -n --rawfile tarball tarball.b64 --slurpfile manifest packed.json --slurpfile signature "$1.tgz.sig.json" \
    '{manifest: $manifest[0], tarball: $tarball, signature: $signature[0]}' >"$3"
}

# A sanitizer's memory counts as the daemon's. AddressSanitizer keeps freed memory, to detect its
# use: 256 MiB by default, and only this much here, so that a bound still means something.
quarantine=16 # MiB
[[ $SANITIZER != address ]] || export ASAN_OPTIONS=quarantine_size_mb=$quarantine${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# memory_bound KIB: what a bound on resident memory becomes in this build. Besides the freed memory,
# AddressSanitizer adds space around each allocation, and an eighth of everything for its map (twice
# the memory is plenty). ThreadSanitizer's map is four times the memory, and it records each access.
memory_bound() {
  case $SANITIZER in
    address) echo $((2 * $1 + quarantine * 1024)) ;;
    thread) echo $((8 * $1)) ;;
    *) echo "$1" ;;
  esac
}

# flip_byte FILE OFFSET: changes exactly this byte.
flip_byte() {
  perl -e 'open F, "+<", $ARGV[0] or die; seek F, $ARGV[1], 0; read F, $b, 1; seek F, $ARGV[1], 0;
           print F chr(ord($b) ^ 255)' "$1" "$2"
}

# register PUBLISHER: makes a key and registers the publisher with it; sets `key`.
register() {
  key=$("$MKT" key generate --publisher "$1" --no-passphrase 2>/dev/null)
  "$MKT" publisher register "$1" --display-name "$1" --email "$1@acme.example" --key "$key" >/dev/null
}

# add_expired KEYID: registers a key that expires soon, and waits until it has expired. A machine
# too busy to register it in that time gets more time.
add_expired() {
  local seconds
  for seconds in 1 2 4 8 16; do
    if "$MKT" key add "$1" --expires "${seconds}s" >out 2>err; then break; fi
    says err "expiresAt is in the past"
  done
  wait_for "$1 to expire" is_expired "$1"
}
is_expired() {
  curl -sS "$MKT_REGISTRY/v1/keys" |
    jq -e --arg k "$1" 'any(.keys[]; .keyId == $k and .status == "expired")' >/dev/null
}

# What the catalog and the blob folder contain, to see whether something changed.
catalog_state() {
  curl -sS "$MKT_REGISTRY/v1/search?pageSize=100" | jq -S 'del(.connectors[].downloads)'
  find data/blobs -type f | sort
}
