#!/usr/bin/env bash
# cluster_limits.sh [LIMIT]: three daemons of one marketplace let through together what a limit allows,
# not each of them that much: exactly, with Redis; while it is away each allows its part.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || skip "redis-server is not installed"
source "$SOURCE/tests/integration/three_daemons.sh"
limit=${1:-100}
no_limits=()

redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --appendonly no --dir "$work" >redis.log 2>&1 </dev/null &
helpers+=($!)
wait_for "Redis" eval '[[ $(redis-cli -s "$work/redis.sock" ping) == PONG ]]'

# passed: how many of LIMIT searches at each of the three, all at once, are let through.
passed() {
  local name asking=()
  for name in a b c; do
    curl -sS -o /dev/null -w '%{http_code}\n' "$(at "$name")/v1/search?q=x&page=[1-$limit]" >"passed.$name" & asking+=($!)
  done
  wait "${asking[@]}"
  [[ $(cat passed.? | sort -u | paste -sd' ') == '200 429' ]] || fail "other answers than 200 and 429: $(cat passed.? | sort | uniq -c)"
  grep -c '^200$' <(cat passed.?)
}
export REDIS_URL=unix:$work/redis.sock
start_three --limit "search=$limit/1h"
together=$(passed)
[[ $together == "$limit" ]] || fail "$together searches passed, with Redis; the limit is $limit"
stop_three

# Nobody answers there: each allows a third, rounded up.
export REDIS_URL=unix:$work/nobody.sock
start_three --limit "search=$limit/1h" --daemons 3
together=$(passed)
[[ $together == $(((limit + 2) / 3 * 3)) ]] || fail "$together searches passed, without Redis; the limit is $limit"
