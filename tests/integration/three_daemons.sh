# Sourced after lib.sh: one marketplace on a PostgreSQL and a real S3 of the test's own, and functions
# that start and stop daemons of it. Sets token and MKT_TOKEN. The test may define cleanup_more.
source "$SOURCE/tests/integration/s3_server.sh"
declare -A pids=() # of the daemons, by name
helpers=()         # what else is to be ended
cleanup() {
  local name
  ((${#helpers[@]} == 0)) || kill "${helpers[@]}" 2>/dev/null || true
  for name in "${!pids[@]}"; do kill -CONT "${pids[$name]}" 2>/dev/null || true; done
  for name in "${!pids[@]}"; do stop "$name" || true; done
  if declare -F cleanup_more >/dev/null; then cleanup_more || true; fi
  stop_s3
  stop_postgres
}
source "$SOURCE/tests/integration/postgres_server.sh"
start_s3
ask() { "$bin/psql" -qtA "$MKT_TEST_POSTGRES" -c "$1"; }

database=$MKT_TEST_POSTGRES
expect 0 "$MKTD" init --data a --database "$MKT_TEST_POSTGRES"
token=$(<a/admin.token)
export MKT_TOKEN=$token

# start NAME [FLAG…]: a daemon of the marketplace, with its data in ./NAME. Its sessions have its name.
start() {
  local name=$1 url=$database
  shift
  [[ $url == *\?* ]] && url+="&application_name=$name" || url+="?application_name=$name"
  rm -f "$name/mktd.url"
  "$MKTD" --data "$name" --database "$url" --blobs "$MKT_TEST_S3" --listen 127.0.0.1:0 --no-access-log \
    "${no_limits[@]}" "$@" 2>>mktd.log &
  pids[$name]=$!
  wait_for "the daemon $name" test -s "$name/mktd.url"
}
start_three() {
  local name
  for name in a b c; do start "$name" "$@"; done
  MKT_REGISTRY=$(at a)
  export MKT_REGISTRY
}
at() { cat "$1/mktd.url"; }
# stop NAME [SIGNAL]
stop() {
  local pid=${pids[$1]}
  unset "pids[$1]"
  kill "-${2:-TERM}" "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}
stop_three() {
  local name
  for name in a b c; do stop "$name"; done
}

# Every daemon has applied everything.
have_followed() {
  "$MKTD" status --cluster --database "$MKT_TEST_POSTGRES" --json 2>/dev/null |
    jq -e --argjson n "${#pids[@]}" '[.daemons[] | select(.alive and .behind == 0)] | length == $n' >/dev/null
}

# stop_helpers: ends what the test has added to helpers, and waits for it.
stop_helpers() {
  kill "${helpers[@]}" 2>/dev/null || true
  wait "${helpers[@]}" 2>/dev/null || true
  helpers=()
}

# make_token NAME [DAEMON]: of a member; sets secret and id.
make_token() {
  curl -sS -H "Authorization: Bearer $token" -d "{\"role\":\"member\",\"subject\":\"team\",\"name\":\"$1\"}" \
    "$(at "${2:-a}")/v1/tokens" >made
  read -r secret id < <(jq -er '"\(.token) \(.id)"' made) || fail "no token was made: $(<made)"
}
# statuses COUNT URL [CURL-ARGUMENT…]: asks that many times, on one connection, and prints the different statuses.
statuses() {
  local count=$1 url=$2
  shift 2
  curl -sS -o /dev/null -w '%{http_code}\n' "$@" "$url?n=[1-$count]" | sort -u
}
now_ms() { date +%s%3N; }
# percentile FILE PERCENT: of the numbers in its lines.
percentile() {
  sort -n "$1" | awk -v percent="$2" '{n[NR] = $1} END {i = int(NR * percent / 100) + 1; if (i > NR) i = NR; print n[i]}'
}

# check_made FILE…: what make_tokens.pl has written down is there, once, and the log has each once.
check_made() {
  ask "SELECT t.name FROM tokens AS t JOIN audit_log AS l ON l.subject = t.id AND l.action = 'token.create'" | sort >there_is
  [[ -z $(uniq -d there_is) ]] || { uniq -d there_is | head >&2; fail "made twice"; }
  sort "$@" | comm -23 - there_is >lost
  [[ ! -s lost ]] || { head lost >&2; fail "$(wc -l <lost) answered, and lost"; }
}
