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
  says headers 'RateLimit-Policy: "marketplace:search";q=5;w=3600'
  says headers "RateLimit: \"marketplace:search\";r=$left;t="
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
! grep -qiE '^(x-)?ratelimit' headers || fail "metadata is limited"
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
! grep -qiE '^(x-)?ratelimit' headers || fail "downloads are limited"
sed -i 's|search = "3/1h"|search = "4/1h"|' mktd.conf
kill -HUP "$daemon"
wait_for "the reload" grep -q 'msg=reloaded' mktd.log
wait_for "the new limit to hold" eval '[[ $(http GET "/v1/search?q=hello") == 200 ]]'
stop_mktd

# A publish counts for the publisher whose key signed it, whoever's token sends it, and by both ways.
start_mktd --limit publish=4/1h
register signer
signer_key=$key
register other
pub=$(curl -sS -H "Authorization: Bearer $token" -d '{"name":"s","role":"publisher","subject":"signer"}' "$MKT_REGISTRY/v1/tokens" | jq -r .token)
for i in 1 2; do
  make_connector signed "1.0.$i"
  expect 0 "$MKT" publish signed --key "$signer_key"
done
post_publish() {
  make_connector signed "1.0.$1"
  "$MKT" pack signed -o posted.tgz --force >/dev/null 2>&1 || "$MKT" pack signed -o posted.tgz >/dev/null
  "$MKT" sign posted.tgz --key "$signer_key" >/dev/null 2>&1
  tar -xzOf posted.tgz connector.manifest.json >packed.json
  jq -n --slurpfile m packed.json --slurpfile s posted.tgz.sig.json \
    --rawfile t <(base64 -w0 posted.tgz) '{manifest: $m[0], signature: $s[0], tarball: $t}' >posted.json
  http POST /v1/publish -H "Authorization: Bearer $token" --data-binary @posted.json
  rm -f posted.tgz posted.tgz.sig.json
}
[[ $(post_publish 3) == 201 ]] || fail "the older way of publishing: $(<body)"
says headers "X-RateLimit-Remaining: 1"
expect_http 200 - GET '/v1/limits?subject=publisher:signer' -H "Authorization: Bearer $token"
[[ $(jq '.limits[]|select(.scope=="marketplace:publish").remaining' body) == 1 ]] || fail "not counted for the signer: $(<body)"
make_connector signed 1.0.4
MKT_TOKEN=$pub expect 0 "$MKT" publish signed --key "$signer_key"
make_connector signed 1.0.5
expect 9 "$MKT" publish signed --key "$signer_key"
[[ $(post_publish 6) == 429 ]] || fail "one more than the limit by the older way: $(<body)"
# Another publisher's is its own, of the same admin; and naming a key of another's costs it nothing.
make_connector foreign
expect 0 "$MKT" publish foreign --key "$key"
foreign=$(printf '{"version":"1.0","keyId":"%s","algorithm":"ed25519","checksum":"sha256:%064d","signature":"%s","signedAt":"2026-01-01T00:00:00Z"}' \
  "$key" 0 "$(head -c 64 /dev/zero | base64 -w0)" | base64 -w0)
for i in 1 2 3 4 5; do
  http PUT /v1/connectors/foreign/2.0.0 -H "Authorization: Bearer $pub" -H "Mkt-Signature: $foreign" -d x >/dev/null
done
expect_http 200 - GET '/v1/limits?subject=publisher:other' -H "Authorization: Bearer $token"
[[ $(jq '.limits[]|select(.scope=="marketplace:publish").remaining' body) == 3 ]] || fail "another's limit was used up: $(<body)"
stop_mktd

# Every other change is limited too: for its caller, and for the address of who is no admin.
rm -rf data
start_mktd --limit change=6/1h publish=off auth-failure=off
register acme # the admin's first
make_connector hello
expect 0 "$MKT" publish hello --key "$key"
new_token() {
  curl -sS -H "Authorization: Bearer $token" -d "{\"name\":\"$1\",\"role\":\"$1\",\"subject\":\"$2\"}" "$MKT_REGISTRY/v1/tokens" | jq -r .token
}
pub=$(new_token publisher acme)
boss=$(new_token tenant-admin team)
left() { sed -n 's/\r$//; s/^X-RateLimit-Remaining: //p' headers; }
expect_http 200 - POST /v1/connectors/hello/1.0.0/deprecate -H "Authorization: Bearer $pub" -d '{"reason":"old"}'
[[ $(left) == 5 ]] || fail "a deprecation is not counted: $(<headers)"
expect_http 200 - DELETE /v1/connectors/hello/1.0.0/deprecate -H "Authorization: Bearer $pub"
http PUT /v1/connectors/hello/owners/acme -H "Authorization: Bearer $pub" >/dev/null
[[ $(left) == 3 ]] || fail "an owner is not counted: $(<headers)"
http POST /v1/publishers/acme/keys -H "Authorization: Bearer $pub" -d '{}' >/dev/null
[[ $(left) == 2 ]] || fail "a key is not counted: $(<headers)"
expect_http 200 - PUT /v1/tenants/team/policy -H "Authorization: Bearer $boss" -d '{"policy":{"minApprovals":2}}'
[[ $(left) == 5 ]] || fail "a policy is not counted for its tenant: $(<headers)"
expect_http 200 - PUT /v1/tenants/team/policy -H "Authorization: Bearer $boss" -d '{"policy":{"minApprovals":3}}'
# The address has had six by now, though neither caller has.
expect_http 429 rate_limited PUT /v1/tenants/team/policy -H "Authorization: Bearer $boss" -d '{"policy":{"minApprovals":4}}'
expect_http 429 rate_limited POST /v1/publishers/acme/keys -H "Authorization: Bearer $pub" -d '{}'
# An admin at this address still acts, up to its own limit; it has made a publisher and two tokens.
for i in 1 2 3; do
  expect_http 201 - POST /v1/tokens -H "Authorization: Bearer $token" -d '{"name":"a","role":"member","subject":"team"}'
done
expect_http 429 rate_limited POST /v1/tokens -H "Authorization: Bearer $token" -d '{"name":"a","role":"member","subject":"team"}'
expect_http 429 rate_limited DELETE /v1/tokens/none -H "Authorization: Bearer $token"
expect_http 429 rate_limited PATCH /v1/publishers/acme -H "Authorization: Bearer $token" -d '{"verified":true}'
# What is left is shown, and an admin who has used up all may forget it.
expect_http 200 - GET '/v1/limits?subject=publisher:acme' -H "Authorization: Bearer $token"
[[ $(jq '.limits[]|select(.scope=="marketplace:change").remaining' body) == 2 ]] || fail "the limits of changes: $(<body)"
expect_http 200 - DELETE "/v1/limits/change/address:127.0.0.1" -H "Authorization: Bearer $token"
expect_http 200 - PUT /v1/tenants/team/policy -H "Authorization: Bearer $boss" -d '{"policy":{"minApprovals":4}}'
curl -sS "$MKT_REGISTRY/metrics" >metrics
grep -q 'mktd_limit_decisions_total{.*scope="marketplace:change"' metrics || fail "no metrics of changes"
stop_mktd

# Where anyone may register, an address gets so many publishers and no more.
rm -rf data
start_mktd --registration open
mv data/admin.token admin.token # the CLI must not help itself to it
registered=0 refused=0
for i in $(seq 1 12); do
  key=$("$MKT" key generate --publisher "p$i" --no-passphrase 2>/dev/null)
  status=0
  "$MKT" publisher register "p$i" --display-name P --email p@acme.example --key "$key" >out 2>err || status=$?
  rm -f "$XDG_CONFIG_HOME/mkt/credentials.json"
  case $status in
    0) registered=$((registered + 1)) ;;
    9) refused=$((refused + 1)) ;;
    *) cat err >&2; fail "registering ended with $status" ;;
  esac
done
[[ $registered == 10 && $refused == 2 ]] || fail "$registered were registered, $refused were refused"
# An admin registers as many as its changes allow.
key=$("$MKT" key generate --publisher more --no-passphrase 2>/dev/null)
MKT_TOKEN=$(<admin.token) expect 0 "$MKT" publisher register more --display-name P --email p@acme.example --key "$key"
stop_mktd
mv admin.token data/admin.token

# What is told of a large limit is never longer than its window.
start_mktd --limit search=500/1h
expect_http 200 - GET '/v1/search?q=x'
now=$(date +%s)
t=$(sed -n 's/\r$//; s/^RateLimit: .*;t=//p' headers)
reset=$(sed -n 's/\r$//; s/^X-RateLimit-Reset: //p' headers)
((t > 3590 && t <= 3600)) || fail "t is $t in a window of 3600 seconds"
((reset <= now + 3600)) || fail "X-RateLimit-Reset is $((reset - now)) seconds away"
stop_mktd

# Without a Redis each of several daemons allows its part.
stop_mktd
no_limits=()
start_mktd --limit search=9/1h --daemons 3
passed=$(curl -sS -o /dev/null -w '%{http_code}\n' "$MKT_REGISTRY/v1/search?q=x&page=[1-9]" | grep -c 200)
[[ $passed == 3 ]] || fail "$passed of 9 searches passed at one of three daemons"

# What makes no sense is refused at the start.
expect 2 "$MKTD" --data data --limit publish=many
says err "publish"
expect 2 "$MKTD" --data data --limit nothing=1/1m
printf '[[limit]]\nsearch = "1/1h"\n' >wrong.conf
expect 2 "$MKTD" --data data --config wrong.conf
says err "wrong.conf:1: [[limit]] 1: it must name one of publisher, tenant and address"
printf '[limits]\nserch = "1/1h"\n' >wrong.conf
expect 2 "$MKTD" --data data --config wrong.conf
REDIS_URL=redis://u:topsecret@:0 expect 2 "$MKTD" --data data
! grep -q topsecret err || fail "the password was shown"
