#!/usr/bin/env bash
# The wire: ranges, ETags, methods, limits, and requests that could be read in two ways.
source "$(dirname "$0")/lib.sh"

start_mktd --max-tarball-bytes 100000 --max-json-bytes 2000
register acme
make_connector wire
head -c 50000 /dev/urandom >wire/noise.bin
expect 0 "$MKT" publish wire
tarball=/v1/connectors/wire/1.0.0/tarball

expect_http 200 - GET $tarball
cp body whole.tgz
size=$(stat -c %s whole.tgz)
grep -qi '^Cache-Control:.*immutable' headers || fail "Cache-Control"
grep -qi "^Content-Disposition: attachment; filename=\"wire-1.0.0.tar.gz\"" headers || fail "Content-Disposition"
etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' headers)
expect_http 304 - GET $tarball -H "If-None-Match: $etag"
[[ ! -s body ]] || fail "304 with a body"
expect_http 200 - GET $tarball -H 'If-None-Match: "other"'

# RFC 9110 section 14.
part() { # RANGE OFFSET LENGTH
  expect_http 206 - GET $tarball -H "Range: bytes=$1"
  cmp body <(tail -c +$(($2 + 1)) whole.tgz | head -c "$3") || fail "range $1"
  grep -q "^Content-Range: bytes $2-$(($2 + $3 - 1))/$size" headers || fail "Content-Range of $1"
}
part 0-0 0 1
part 100-199 100 100
part 49999- 49999 $((size - 49999))
part -500 $((size - 500)) 500
part 10-99999999 10 $((size - 10))
expect_http 416 range_not_satisfiable GET $tarball -H "Range: bytes=$size-"
grep -q "^Content-Range: bytes \*/$size" headers || fail "416 without the size"
for whole in 'bytes=5-1' 'bytes=a-b' 'lines=1-2' 'bytes=0-1,5-6' 'bytes=99999999999999999999-'; do
  expect_http 200 - GET $tarball -H "Range: $whole"
  cmp body whole.tgz || fail "range $whole"
done
expect_http 200 - GET $tarball -H "Range: bytes=0-9" -H 'If-Range: "other"'
[[ $(curl -sSI "$MKT_REGISTRY$tarball" | tr -d '\r' | sed -n 's/^Content-Length: //p') == "$size" ]] || fail "HEAD"

# Addresses and methods.
expect_http 404 not_found GET /nowhere
expect_http 404 connector_not_found GET /v1/connectors/none
expect_http 404 version_not_found GET /v1/connectors/wire/7.0.0
expect_http 405 method_not_allowed DELETE /v1/search
expect_http 404 connector_not_found GET /v1/connectors/Wire
# Older clients ask for any page and any order, and are told in the answer which they got.
expect_http 200 - GET '/v1/search?page=0'
expect_http 200 - GET '/v1/search?sortBy=color'
for q in '"' '*' 'NEAR(a b)' '-x' 'a AND' '(' "'; DROP TABLE versions" '%F0%9F%98%80'; do
  expect_http 200 - GET "/v1/search?q=$(jq -rn --arg q "$q" '$q | @uri')"
done
expect_http 401 unauthorized POST /v1/publishers -d '{}'
expect_http 400 invalid_json POST /v1/publishers -H "Authorization: Bearer $token" -d '{"id": "a", "id": "b"}'
# All that is wrong with a body at once.
expect_http 422 invalid_input POST /v1/publishers -H "Authorization: Bearer $token" \
  -d '{"id": "No", "displayName": "", "email": "nobody", "publicKey": "x", "expiresAt": 5}'
[[ $(jq -c '[.details[].path] | sort' body) == '["displayName","email","expiresAt","id","publicKey"]' ]] ||
  { cat body >&2; fail "not all fields are named"; }
expect_http 400 invalid_request POST /v1/tokens -H "Authorization: Bearer $token" -d '{"role": "king", "name": 7}'
[[ $(jq '.details | length' body) == 2 ]] || fail "not both fields are named"
expect_http 200 - GET /v1/keys
sequence=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' headers)
expect_http 304 - GET /v1/keys -H "If-None-Match: $sequence"

# Sizes: refused before a byte of the body is asked for.
head -c 200000 /dev/urandom >large.bin
expect 0 "$MKT" sign large.bin
expect_http 413 tarball_too_large PUT /v1/connectors/wire/2.0.0 -H "Authorization: Bearer $token" \
  -H "Mkt-Signature: $(base64 -w0 large.bin.sig.json)" -H 'Expect: 100-continue' --data-binary @large.bin
! grep -q '100 Continue' headers || fail "the body was asked for"
says body 100000
says body 200000
expect_http 413 body_too_large POST /v1/publish -H "Authorization: Bearer $token" --data-binary @large.bin
says body "PUT"
head -c 140000 /dev/urandom >wire/noise.bin
expect 2 "$MKT" publish wire
says err "takes at most 100000"

# Requests that are not quite HTTP. Each is answered once, and the next connection works.
raw() { # EXPECTED-STATUS BYTES (printf)
  local answer
  exec 3<>"/dev/tcp/127.0.0.1/${MKT_REGISTRY##*:}"
  # Not by the shell itself: the daemon may have answered and closed before the last byte, and a
  # SIGPIPE would end the test.
  printf "$2" >request
  cat request >&3 2>/dev/null || true
  answer=$(timeout 5 cat <&3 | tr -d '\0' || true)
  exec 3>&-
  [[ $(grep -o 'HTTP/1.1 [0-9]' <<<"$answer" | wc -l) == 1 ]] || fail "not one answer to: $2: $answer"
  [[ $answer == "HTTP/1.1 $1 "* ]] || fail "expected $1 to: $2: $answer"
}
raw 400 'GET / HTTP/1.1\nHost: localhost\n\r\n\r\n'
raw 400 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'
raw 400 'GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
raw 505 'GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n'
raw 400 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n'
raw 400 'GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n'
raw 400 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n folded: y\r\n\r\n'
raw 400 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: b\001c\r\n\r\n'
raw 400 'POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
raw 501 'POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
raw 400 'POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'
raw 400 'POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n'
raw 400 'POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5x\r\n\r\nhello'
raw 415 'POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n'
raw 400 'GET /v1/%%2e%%2e/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
raw 400 'GET /v1/../healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
raw 400 'GET /v1//keys HTTP/1.1\r\nHost: localhost\r\n\r\n'
raw 400 'GET /v1/%%00 HTTP/1.1\r\nHost: localhost\r\n\r\n'
raw 400 'GET http://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n'
raw 414 "GET /$(printf 'a%.0s' {1..3000}) HTTP/1.1\r\nHost: localhost\r\n\r\n"
raw 431 "GET / HTTP/1.1\r\nHost: localhost\r\nA: $(head -c 20000 /dev/zero | tr '\0' a)\r\n\r\n"
raw 431 "GET / HTTP/1.1\r\nHost: localhost\r\n$(printf 'a: b\\r\\n%.0s' {1..101})\r\n"
raw 400 '\026\003\001\002\000\001\000\001\374\003\003\r\n\r\n'

# A body that nobody asked for is not taken for the next request.
exec 3<>"/dev/tcp/127.0.0.1/${MKT_REGISTRY##*:}"
inner='GET /v1/keys HTTP/1.1\r\nHost: localhost\r\n\r\n'
printf "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: $(printf "$inner" | wc -c)\r\n\r\n${inner}GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" >&3
answers=$(timeout 5 cat <&3)
exec 3>&-
[[ $(grep -o 'HTTP/1.1 200' <<<"$answers" | wc -l) == 2 ]] || fail "expected two answers: $answers"
[[ $answers != *'"keys"'* ]] || fail "the body was answered as a request"
[[ $answers == *ready* ]] || fail "the pipelined request was not answered"
expect_http 200 - GET /healthz

# Many idle connections do not stop others.
fds=()
for ((i = 0; i < 200; i++)); do
  exec {fd}<>"/dev/tcp/127.0.0.1/${MKT_REGISTRY##*:}"
  printf 'GET /heal' >&"$fd"
  fds+=("$fd")
done
expect_http 200 - GET /healthz --max-time 8 # less than the 10 s that a head is given
for fd in "${fds[@]}"; do exec {fd}>&-; done

# Nothing secret is in the log.
! grep -qF "$token" mktd.log || fail "the token is in the log"
