#!/usr/bin/env bash
# Three daemons share a limit of 100 when their Redis is killed and comes back, with what it knew or
# without: 100 pass in all, and never more than one more for each daemon.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || skip "redis-server is not installed"
no_limits=()

redis=
daemons=()
cleanup() {
  stop_daemons
  [[ -z $redis ]] || kill -KILL "$redis" 2>/dev/null || true
}

start_redis() {
  redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work/redis" --save '' \
    --appendonly yes --appendfsync always >>redis.log 2>&1 </dev/null &
  redis=$!
  wait_for "Redis" eval '[[ $(redis-cli -s "$work/redis.sock" ping) == PONG ]]'
}
kill_redis() {
  kill -KILL "$redis"
  wait "$redis" 2>/dev/null || true
  redis=
  rm -f redis.sock
}
stop_daemons() {
  local pid
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" || true; done
  daemons=()
}

# Three daemons that are told so; `urls`.
start_daemons() {
  local n
  urls=()
  : >mktd.log
  for n in 0 1 2; do
    rm -f "data$n/mktd.url"
    "$MKTD" --data "data$n" --listen 127.0.0.1:0 --daemons 3 --limit search=100/1h 2>>mktd.log &
    daemons+=($!)
    wait_for "daemon $n" test -s "data$n/mktd.url"
    urls+=("$(<"data$n/mktd.url")")
  done
  # Each hears what the others count.
  wait_for "the daemons to listen" eval \
    '[[ $(redis-cli -s "$work/redis.sock" pubsub numsub mkt:limit | tail -1) == 3 ]]'
}

# search DAEMON NUMBER: sends so many; answers how many passed. Any answer but 200 and 429 fails.
search() {
  local i
  for ((i = 0; i < $2; i++)); do
    printf 'url = "%s/v1/search?q=%s"\noutput = /dev/null\n' "${urls[$1]}" "$i"
  done >searches
  curl -sS -K searches -w '%{http_code}\n' >statuses
  ! grep -vq '^\(200\|429\)$' statuses || fail "an answer was $(grep -v '^\(200\|429\)$' statuses | head -1)"
  grep -c '^200$' statuses || true
}
sent_to() { passed=$((passed + $(search "$1" "$2"))); }
all_in_redis() {
  local url
  for url in "${urls[@]}"; do
    [[ $(curl -sS "$url/v1/limits" | jq -r '.limits[]|select(.scope=="marketplace:search").countedIn') == redis ]] || return 1
  done
}
# Everything that can be had from all three, again and again, until nothing has been for longer than
# daemons wait for each other.
exhaust() {
  local quiet=0 before n
  while ((quiet < 5)); do
    before=$passed
    for n in 0 1 2; do sent_to $n 10; done
    if ((passed == before)); then quiet=$((quiet + 1)); else quiet=0; fi
    sleep 0.8
  done
}

# begin USED SPREAD: starts everything anew and sends USED searches. Returns 1 where Redis answered a
# daemon too late, as it may on a busy machine: that daemon let no more than its own part through.
begin() {
  local n
  rm -rf redis && mkdir redis
  start_redis
  start_daemons
  passed=0
  if [[ $2 == all ]]; then
    for n in 0 1 2; do sent_to $n $(($1 / 3)); done
  else
    sent_to 0 "$1"
  fi
  ! grep -q "Redis fails" mktd.log
}

export REDIS_URL=unix:$work/redis.sock
for used in 30 36; do
  for keeps in with without; do
    for spread in all one; do
      what="Redis killed after $used on $spread, back $keeps its data"
      for ((try = 0; try < 10; try++)); do
        if begin "$used" "$spread"; then break; fi
        stop_daemons
        kill_redis
      done
      ((try < 10)) || fail "$what: with Redis there, a daemon was without it each time"
      ((passed == used)) || fail "$what: $passed of the first $used passed"

      kill_redis
      # Each allows its part of what is left: 24 after 30, 22 after 36.
      share=$(((100 - used + 2) / 3))
      for n in 0 1; do
        got=$(search $n 50)
        [[ $got == "$share" ]] || fail "$what: daemon $n let $got through alone, not $share"
        passed=$((passed + got))
      done

      [[ $keeps == with ]] || { rm -rf redis && mkdir redis; }
      start_redis
      wait_for "all to use Redis again" all_in_redis
      exhaust
      ((passed >= 100 && passed <= 103)) || fail "$what: $passed passed in all"
      stop_daemons
      kill_redis
    done
  done
done

# A limit that was reset stays so when Redis loses everything.
mkdir -p redis
start_redis
start_daemons
passed=0
sent_to 0 20
sent_to 1 20
curl -sS -o body -X DELETE -H "Authorization: Bearer $(<data0/admin.token)" \
  "${urls[0]}/v1/limits/search/address:127.0.0.1"
[[ $(jq .remaining body) == 100 ]] || fail "the limit was not reset: $(<body)"
passed=0
sent_to 1 5
kill_redis
rm -rf redis && mkdir redis
start_redis
wait_for "all to use Redis again" all_in_redis
wait_for "what was counted to be put back" eval \
  '[[ $(curl -sS "${urls[2]}/v1/limits" | jq ".limits[]|select(.scope==\"marketplace:search\").remaining") == 95 ]]'
