#!/usr/bin/env bash
# Rate limits of one daemon: what passes, what is told, exceptions, reloading, admins.
source "$(dirname "$0")/lib.sh"
no_limits=()

start_mktd --limit search=5/1h download=2/1h auth-failure=3/1h install=2/1h
register acme
make_connector hello
expect 0 "$MKT" publish hello

# Search: so many pass, each answer says how many are left.
for left in 4 3 2 1 0; do
  expect_http 200 - GET '/v1/search?q=hello'
  says headers "X-RateLimit-Limit: 5"
  says headers "X-RateLimit-Remaining: $left"
  says headers 'RateLimit-Policy: "search";q=5;w=3600'
  says headers "RateLimit: \"search\";r=$left;t="
done
began=$(date +%s)
expect_http 429 rate_limited GET '/v1/search?q=hello'
ended=$(date +%s)
says headers "X-RateLimit-Remaining: 0"
wait_seconds=$(sed -n 's/\r$//; s/^Retry-After: //p' headers)
((wait_seconds > 3500 && wait_seconds <= 3600)) || fail "Retry-After is $wait_seconds"
reset=$(sed -n 's/\r$//; s/^X-RateLimit-Reset: //p' headers)
((reset >= began + wait_seconds - 1 && reset <= ended + wait_seconds + 1)) ||
  fail "X-RateLimit-Reset is $reset"
# Other scopes are counted for themselves; what is not limited says nothing of limits.
expect_http 200 - GET /v1/connectors/hello
! grep -qi ratelimit headers || fail "metadata is limited"
expect_http 200 - GET /v1/connectors/hello/1.0.0/tarball
says headers "X-RateLimit-Remaining: 1"

# The CLI names the wait and has a status of its own for it.
expect 9 "$MKT" search hello
says err "try again in"

# A refusal comes before the body is read: 40 MB are not sent for nothing.
for i in 2 3 4 5 6 7 8 9 10; do
  make_connector hello "1.0.$i"
  expect 0 "$MKT" publish hello
done
truncate -s 40M large
pub=$(curl -sS -H "Authorization: Bearer $token" -d '{"name":"ci","role":"publisher","subject":"acme"}' "$MKT_REGISTRY/v1/tokens" | jq -r .token)
for i in 1 2 3 4 5 6 7 8 9 10; do
  http PUT /v1/connectors/hello/9.9.9 -H "Authorization: Bearer $pub" -H 'Mkt-Signature: e30=' -d x >/dev/null
done
sent=$(curl -sS -o body -w '%{http_code} %{size_upload}' -X PUT -H "Authorization: Bearer $pub" \
  -H 'Mkt-Signature: e30=' -H 'Expect: 100-continue' -T large "$MKT_REGISTRY/v1/connectors/hello/9.9.9")
[[ $sent == 429* ]] || fail "a publish beyond the limit was answered: $sent"
((${sent#* } < 4000000)) || fail "the body was sent nonetheless: $sent"

# Tokens that are not valid are counted by address; a valid one still passes.
for i in 1 2 3; do expect_http 401 unauthorized GET /v1/tokens -H 'Authorization: Bearer wrong'; done
expect_http 429 rate_limited GET /v1/tokens -H 'Authorization: Bearer wrong'
expect_http 200 - GET /v1/tokens -H "Authorization: Bearer $token"

# Installs count for the tenant, and only those who may install for it.
for i in 1 2 3; do
  expect_http 401 - POST /v1/tenants/team/installs -d '{"connectorId":"hello"}'
done
member=$(curl -sS -H "Authorization: Bearer $token" -d '{"name":"bob","role":"member","subject":"team"}' "$MKT_REGISTRY/v1/tokens" | jq -r .token)
for i in 1 2; do
  http POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId":"hello"}' >/dev/null
done
expect_http 429 rate_limited POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId":"hello"}'

# Whoever asks sees what is left; only admins see others, and forget what was counted.
expect_http 200 - GET /v1/limits
[[ $(jq -c '[.limits[]|select(.scope=="marketplace:search")|.remaining,.limit,.countedIn]' body) == '[0,5,"memory"]' ]] ||
  fail "the limits are told wrongly: $(<body)"
expect_http 401 - GET '/v1/limits?subject=tenant:team'
expect_http 401 - DELETE /v1/limits/search/address:127.0.0.1
expect_http 404 - DELETE /v1/limits/nothing/address:127.0.0.1 -H "Authorization: Bearer $token"
expect_http 400 - DELETE /v1/limits/search/nobody -H "Authorization: Bearer $token"
expect_http 200 - DELETE /v1/limits/search/address:127.0.0.1 -H "Authorization: Bearer $token"
expect_http 200 - GET '/v1/search?q=hello'
stop_mktd

# The file: scopes, exceptions by publisher and address, taken over when it is read again.
cat >mktd.conf <<'TOML'
[limits]
search = "1/1h"
download = "off"

[[limit]]
address = "127.0.0.0/8"
search = "3/1h"

[[limit]]
publisher = "acme"
publish = "off"
TOML
start_mktd --config mktd.conf
for i in 1 2 3; do expect_http 200 - GET '/v1/search?q=hello'; done
expect_http 429 - GET '/v1/search?q=hello'
expect_http 200 - GET /v1/connectors/hello/1.0.0/tarball
! grep -qi ratelimit headers || fail "downloads are limited"
sed -i 's|search = "3/1h"|search = "4/1h"|' mktd.conf
kill -HUP "$daemon"
wait_for "the reload" grep -q 'msg=reloaded' mktd.log
wait_for "the new limit to hold" eval '[[ $(http GET "/v1/search?q=hello") == 200 ]]'
stop_mktd

# What makes no sense is refused at the start.
expect 2 "$MKTD" --data data --limit publish=many
says err "publish"
expect 2 "$MKTD" --data data --limit nothing=1/1m
printf '[[limit]]\nsearch = "1/1h"\n' >wrong.conf
expect 2 "$MKTD" --data data --config wrong.conf
says err "publisher, tenant and address"
printf '[limits]\nserch = "1/1h"\n' >wrong.conf
expect 2 "$MKTD" --data data --config wrong.conf
REDIS_URL=redis://u:topsecret@:0 expect 2 "$MKTD" --data data
! grep -q topsecret err || fail "the password was shown"
