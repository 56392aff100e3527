#!/usr/bin/env bash
# Limits that several daemons share through a real Redis, and what they do when it fails.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || skip "redis-server is not installed"
no_limits=()

redis=
others=()
cleanup() {
  local pid
  for pid in "${others[@]}"; do kill "$pid" 2>/dev/null || true; done
  if [[ -n $redis ]]; then
    kill -CONT "$redis" 2>/dev/null || true
    kill "$redis" 2>/dev/null || true
    wait "$redis" 2>/dev/null || true
  fi
}

# start_redis [OPTION…]: on a Unix socket of the test's own.
start_redis() {
  redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --appendonly no --dir "$work" "$@" \
    >>redis.log 2>&1 </dev/null &
  redis=$!
  wait_for "Redis" eval '[[ $(redis-cli -s "$work/redis.sock" ping) =~ PONG|NOAUTH ]]'
}
stop_redis() {
  kill "$1" "$redis"
  wait "$redis" 2>/dev/null || true
  redis=
}
redis_cli() { redis-cli -s "$work/redis.sock" "$@" >/dev/null; }
searches() { http GET '/v1/search?q=x'; }
counted_in() { curl -sS "$MKT_REGISTRY/v1/limits" | jq -r '.limits[]|select(.scope=="marketplace:search").countedIn'; }
back_in_redis() { wait_for "Redis to be used again" eval '[[ $(counted_in) == redis ]]'; }

start_redis
export REDIS_URL=unix:$work/redis.sock

# Every promise of the store, against the real one.
if [[ -x ${MKT_BUILD_DIR:-}/tests/mkt_tests ]]; then
  MKT_TEST_REDIS=$REDIS_URL "$MKT_BUILD_DIR/tests/mkt_tests" -tc='with Redis*' >tests.out 2>&1 ||
    { cat tests.out >&2; fail "the store's own tests"; }
fi

# Three daemons, one Redis: exactly ten publishes in all.
start_mktd
urls=("$MKT_REGISTRY")
tokens=("$token")
for n in 2 3; do
  "$MKTD" --data "data$n" --listen 127.0.0.1:0 2>>mktd.log &
  others+=($!)
  wait_for "daemon $n" test -s "data$n/mktd.url"
  urls+=("$(<"data$n/mktd.url")")
  tokens+=("$(<"data$n/admin.token")")
done
key=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
pubs=()
for n in 0 1 2; do
  MKT_REGISTRY=${urls[n]} MKT_TOKEN=${tokens[n]} "$MKT" publisher register acme --display-name A --email a@acme.example --key "$key" >/dev/null
  pubs+=("$(curl -sS -H "Authorization: Bearer ${tokens[n]}" -d '{"name":"ci","role":"publisher","subject":"acme"}' "${urls[n]}/v1/tokens" | jq -r .token)")
done
made=0 refused=0
for i in $(seq 1 15); do
  n=$((i % 3))
  make_connector "c$i"
  status=0
  MKT_REGISTRY=${urls[n]} MKT_TOKEN=${pubs[n]} "$MKT" publish "c$i" >out 2>err || status=$?
  case $status in
    0) made=$((made + 1)) ;;
    9) refused=$((refused + 1)) ;;
    *) cat err >&2; fail "publishing ended with $status" ;;
  esac
done
[[ $made == 10 && $refused == 5 ]] || fail "$made publishes passed, $refused were refused; expected 10 and 5"
for pid in "${others[@]}"; do kill "$pid"; wait "$pid" || true; done
others=()
stop_mktd

# What was counted is there after a restart of the daemon, and shared by its names.
redis_cli flushall
start_mktd --limit search=50/1h
for i in 1 2 3; do [[ $(searches) == 200 ]] || fail "search $i"; done
[[ $(redis-cli -s "$work/redis.sock" keys '*address*') == 'mkt:limit:{marketplace:search:address:127.0.0.1}:log' ]] || fail "unexpected keys"
[[ $(redis-cli -s "$work/redis.sock" pttl 'mkt:limit:{marketplace:search:address:127.0.0.1}:log') -gt 3000000 ]] || fail "no TTL"
stop_mktd
start_mktd --limit search=50/1h
[[ $(searches) == 200 ]]
says headers "X-RateLimit-Remaining: 46"

# The script's cache flushed: sent again, nobody notices.
redis_cli script flush
[[ $(searches) == 200 ]]
says headers "X-RateLimit-Remaining: 45"
[[ $(counted_in) == redis ]] || fail "a flushed script cache counts as a failure"

# Redis hangs: one check waits for it, 50 ms, the others not at all; then it is in memory's hands,
# which goes on from what Redis said last.
warnings() { grep -c 'Redis fails' mktd.log || true; }
warned=$(warnings) # where a busy machine made Redis late before
kill -STOP "$redis"
began=$(date +%s%N)
for i in $(seq 1 10); do [[ $(searches) == 200 ]] || fail "a search failed while Redis hangs"; done
took=$((($(date +%s%N) - began) / 1000000))
says headers "X-RateLimit-Remaining: 35"
[[ $(counted_in) == memory ]] || fail "limits are not counted in memory"
# Beside as many requests that know no limit: on a busy machine those are slow too.
began=$(date +%s%N)
for i in $(seq 1 10); do [[ $(http GET /healthz) == 200 ]] || fail "a probe failed while Redis hangs"; done
usual=$((($(date +%s%N) - began) / 1000000))
((took < 1300 + 2 * usual)) || fail "ten searches took $took ms while Redis hangs, ten probes $usual ms"
(($(warnings) == warned + 1)) || fail "the warning should be there once, not $(($(warnings) - warned)) times"
# It goes on: what was counted meanwhile is added.
kill -CONT "$redis"
back_in_redis
[[ $(searches) == 200 ]]
# The check that timed out may have been counted twice: Redis found it when it woke up.
grep -q 'X-RateLimit-Remaining: 3[34]' headers || fail "memory's requests were not added: $(<headers)"
expect_http 200 - DELETE /v1/limits/search/address:127.0.0.1 -H "Authorization: Bearer $token"
for i in 1 2 3 4 5; do [[ $(searches) == 200 ]] || fail "search $i"; done
says headers "X-RateLimit-Remaining: 45"

# Killed, and started with nothing in it: the same, and what was let through before and meanwhile is
# there.
stop_redis -KILL
for i in 1 2 3 4; do [[ $(searches) == 200 ]] || fail "a search failed without Redis"; done
says headers "X-RateLimit-Remaining: 41"
rm -f redis.sock
start_redis
back_in_redis
[[ $(searches) == 200 ]]
says headers "X-RateLimit-Remaining: 40"

# Full, or a replica that takes no writes: not a reason to fail requests either.
redis_cli config set maxmemory 1
for i in 1 2 3; do [[ $(searches) == 200 ]] || fail "a search failed while Redis is full"; done
redis_cli config set maxmemory 0
back_in_redis
redis_cli replicaof 127.0.0.1 1
for i in 1 2 3; do [[ $(searches) == 200 ]] || fail "a search failed on a replica"; done
[[ $(counted_in) == memory ]] || fail "a replica still counts"
redis_cli replicaof no one
back_in_redis
redis_cli client kill type normal || true
for i in 1 2 3; do [[ $(searches) == 200 ]] || fail "a search failed after its connection was cut"; done
back_in_redis
stop_mktd

# A scope may be denied instead, with an answer that says so.
stop_redis -KILL
start_mktd --on-redis-failure search=deny
expect_http 503 overloaded GET '/v1/search?q=x'
says headers "Retry-After: 1"
stop_mktd

# A password, a user and a database.
rm -f redis.sock
start_redis --requirepass s3cret
REDIS_URL=unix://:s3cret@$work/redis.sock?db=2 start_mktd
[[ $(searches) == 200 ]]
[[ $(counted_in) == redis ]] || fail "the password was not used"
stop_mktd
REDIS_URL=unix://:wrong-one@$work/redis.sock start_mktd
[[ $(searches) == 200 ]]
[[ $(counted_in) == memory ]] || fail "a wrong password was taken"
! grep -q 'wrong-one\|s3cret' mktd.log || fail "a password is in the log"
