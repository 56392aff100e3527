#!/usr/bin/env bash
# Redis over TLS: limits are shared through it, and one that cannot prove its name is not used.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || skip "redis-server is not installed"
command -v openssl >/dev/null || skip "openssl is not installed"
no_limits=()

redis=
others=()
cleanup() {
  local pid
  for pid in "${others[@]}"; do kill "$pid" 2>/dev/null || true; done
  [[ -z $redis ]] || kill -KILL "$redis" 2>/dev/null || true
}

# certificate NAME CA SUBJECT-ALT-NAMES: NAME.pem and NAME.key, signed by CA.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 -out "$1.pem" \
    -extfile <(echo "subjectAltName=$3")
}
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$1.key" -out "$1.pem"
}
{
  authority ca
  authority stranger
  certificate here ca IP:127.0.0.1,DNS:localhost
  certificate elsewhere ca DNS:redis.example.com,IP:127.0.0.9
  certificate impostor stranger IP:127.0.0.1,DNS:localhost
} 2>openssl.log || { cat openssl.log >&2; fail "making certificates"; }

# start_redis CERTIFICATE [OPTION…]: TLS on a free port in `port`, and a Unix socket for the test.
start_redis() {
  local name=$1
  shift
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + RANDOM % 12000))
    rm -f redis.sock
    redis-server --port 0 --bind 127.0.0.1 --tls-port "$port" --tls-cert-file "$name.pem" --tls-key-file "$name.key" \
      --tls-ca-cert-file ca.pem --tls-auth-clients no --unixsocket "$work/redis.sock" --save '' --appendonly no \
      --dir "$work" "$@" >>redis.log 2>&1 </dev/null &
    redis=$!
    wait_for "Redis" eval '[[ $(redis-cli -s "$work/redis.sock" ping) =~ PONG|NOAUTH ]] || ! kill -0 "$redis"'
    kill -0 "$redis" 2>/dev/null && return
    grep -q 'already in use' redis.log || skip "this redis-server has no TLS: $(tail -n 1 redis.log)"
  done
  fail "no free port for Redis"
}
stop_redis() {
  kill "$redis"
  wait "$redis" 2>/dev/null || true
  redis=
}
searches() { http GET '/v1/search?q=x'; }
counted_in() { curl -sS "$MKT_REGISTRY/v1/limits" | jq -r '.limits[]|select(.scope=="marketplace:search").countedIn'; }
back_in_redis() { wait_for "Redis to be used again" eval '[[ $(counted_in) == redis ]]'; }

# refused URL REASON: a daemon that is sent there counts in memory, and says why.
refused() {
  : >mktd.log
  REDIS_URL=$1 start_mktd --limit search=4/1h
  [[ $(searches) == 200 ]] || fail "a search failed without Redis at $1"
  [[ $(counted_in) == memory ]] || fail "Redis is used at $1"
  grep -q 'level=warning msg="Redis fails' mktd.log || { cat mktd.log >&2; fail "no warning about $1"; }
  says mktd.log "$2"
  ! grep -q s3cret mktd.log || fail "a password is in the log"
  stop_mktd
}

# Whose authority is known, by its address and by its name: two daemons share a limit.
start_redis here --requirepass s3cret
export SSL_CERT_FILE=$work/ca.pem
for host in 127.0.0.1 localhost; do
  REDIS_URL=rediss://:s3cret@$host:$port/1 start_mktd --limit search=4/1h
  [[ $(counted_in) == redis ]] || { cat mktd.log >&2; fail "Redis at $host is not used"; }
  first=$MKT_REGISTRY
  REDIS_URL=rediss://:s3cret@$host:$port/1 "$MKTD" --data data2 --listen 127.0.0.1:0 --limit search=4/1h 2>>mktd.log &
  others=($!)
  wait_for "the second daemon" test -s data2/mktd.url
  for url in "$first" "$(<data2/mktd.url)" "$first" "$(<data2/mktd.url)"; do
    MKT_REGISTRY=$url
    [[ $(searches) == 200 ]] || fail "a search within the limit was refused"
  done
  says headers "X-RateLimit-Remaining: 0"
  for url in "$first" "$(<data2/mktd.url)"; do
    MKT_REGISTRY=$url
    [[ $(searches) == 429 ]] || fail "a fifth search passed"
  done
  kill "${others[0]}"
  wait "${others[0]}" || true
  others=()
  rm -f data2/mktd.url
  MKT_REGISTRY=$first
  expect_http 200 - DELETE /v1/limits/search/address:127.0.0.1 -H "Authorization: Bearer $token"
  [[ $host != 127.0.0.1 ]] || stop_mktd
done

# The connection is lost, or stands still: on with memory, and back.
redis-cli -s redis.sock -a s3cret client kill type normal >/dev/null 2>&1 || true
for i in 1 2; do [[ $(searches) == 200 ]] || fail "a search failed after its connection was cut"; done
back_in_redis
kill -STOP "$redis"
[[ $(searches) == 200 ]] || fail "a search failed while Redis hangs"
[[ $(counted_in) == memory ]] || fail "limits are not counted in memory"
kill -CONT "$redis"
back_in_redis
stop_mktd

# One that hangs in the middle of the handshake holds the start up for a second at most.
kill -STOP "$redis"
refused "rediss://:s3cret@127.0.0.1:$port/1" "did not answer in time"
kill -CONT "$redis"

# An authority that nobody here knows, plain words where TLS is asked for, and the reverse.
SSL_CERT_FILE=$work/stranger.pem refused "rediss://:s3cret@127.0.0.1:$port/1" "its certificate is not accepted"
SSL_CERT_FILE= refused "rediss://:s3cret@127.0.0.1:$port/1" "its certificate is not accepted"
refused "redis://:s3cret@127.0.0.1:$port/1" "Redis"
stop_redis

# A certificate of another name, and one that only says that it is of this name.
start_redis elsewhere
refused "rediss://127.0.0.1:$port" "mismatch"
refused "rediss://localhost:$port" "mismatch"
stop_redis
start_redis impostor
refused "rediss://127.0.0.1:$port" "its certificate is not accepted"
