#!/usr/bin/env bash
# mkt-protocol(7): the routes are those of the daemon, both ways; the errors are those of the table in
# common/wire; every message has the page's members and no others, and every member is seen; and the
# page's conversations are held.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
page=mkt-protocol.7
firestore=
sender=
cleanup() {
  [[ -z $firestore ]] || kill "$firestore" 2>/dev/null || true
  [[ -z $sender ]] || kill "$sender" 2>/dev/null || true
  stop_mktd
}
reads() { perl "$SOURCE/tests/integration/format_protocol.pl" "$@"; }
unlimited=("${no_limits[@]}")

# --- The tables, and the sources -----------------------------------------------------------------------
block "$page" example errors | sed -nE 's/^([a-z_]+) +([0-9]+).*/\1 \2/p' >said
sed -nE 's/^  X\(([a-z_]+), ([0-9]+), .*/\1 \2/p' "$SOURCE/common/base/error_code.h" >is
(($(wc -l <is) > 80)) || fail "the table of errors cannot be read"
diff is said || fail "the errors of common/wire (<) are not those of the page (>)"
diff <(reads titles "$SOURCE/daemon/http/error_body.cc" | sort) \
  <(block "$page" example titles | sed -E 's/  +/\t/' | grep -v in_progress | sort) || fail "the titles of the code (<) are not those of the page (>)"
without_names() { sed -E 's/\{[A-Za-z]+\}/{}/g' | sort; }
diff <(reads routes "$SOURCE/daemon" | without_names) \
  <(block "$page" example routes | awk '{print $1, $2}' | without_names) || fail "the routes of the daemon (<) are not those of the page (>)"
diff <(sed -nE 's/^ *\{?\{"([a-z-]+)", "([a-z-]+)"\}.*/\1 \2/p' "$SOURCE/common/connector/category.h" | sort) \
  <(block "$page" example categories | grep -v '^custom' | tr -s ' ' | sort) || fail "the categories of the code (<) are not those of the page (>)"

# --- The conversations, with a registry that is new -----------------------------------------------------
no_limits=()
start_mktd
admin=(-H "Authorization: Bearer $token")
like='def like($e): if $e == "*" then type == "string"
  elif ($e | type) == "object" then type == "object" and keys == ($e | keys) and (. as $v | all($e | keys[]; . as $k | $v[$k] | like($e[$k])))
  elif ($e | type) == "array" then type == "array" and length == ($e | length) and (. as $v | all(range($e | length); . as $i | $v[$i] | like($e[$i])))
  else . == $e end;'
for name in $(blocks "$page" conversation); do
  block "$page" conversation "$name" >told
  request=() target= body= answer= status= wanted=()
  while IFS= read -r line; do
    case $line in
      '> {'*) body=${line:2} ;;
      '> '[A-Z]*' /'*) target=${line:2} ;;
      '> '*) request+=(-H "$(sed "s/TOKEN/$token/" <<<"${line:2}")") ;;
      '< '[1-5][0-9][0-9]) status=${line:2} ;;
      '< '[A-Z]*) wanted+=("${line:2}") ;;
      '< '*) answer+=${line:2} ;;
      *) fail "$name: what is $line" ;;
    esac
  done <told
  [[ -z $body ]] || request+=(-d "$body")
  expect_http "$status" - ${target% *} "${target#* }" "${request[@]}"
  for field in "${wanted[@]}"; do grep -qiF -- "$field" headers || { cat headers >&2; fail "$name: no $field"; }; done
  [[ -z $answer ]] || jq -e --argjson e "$answer" "$like like(\$e)" body >/dev/null || { cat body >&2; fail "$name: not the page's answer"; }
done

# --- Every route: who may call it, and what counts it ----------------------------------------------------
register acme
make_connector hello
expect 0 "$MKT" publish hello
token_of() { curl -sS "${admin[@]}" -d "{\"role\":\"$1\",\"subject\":\"$2\",\"name\":\"$3\"}" "$MKT_REGISTRY/v1/tokens" | jq -r .token; }
stranger=$(token_of member elsewhere eve) publisher=$(token_of publisher acme ci)
expect_http 200 - GET /v1/connectors/hello/1.0.0/signature
jq -c '. + {reason: "x"}' body >everything
signature=$(base64 -w0 body)
# calls TOKEN METHOD PATH BODY: sets `got`.
calls() {
  local path=$3 id=hello
  case $path in
    /v1/publishers/*) id=acme ;;
    */install-requests/*) id=req_none ;;
    /v1/tokens/*) id=000000000000 ;;
  esac
  path=$(sed -E "s,\{id\},$id,; s,\{version\},1.0.0,; s,\{publisher\},acme,; s,\{keyId\},$key,; s,\{t\},team,; s,\{name\},internal.mkt%2Fhello,
    s,\{connector\},hello,; s,\{scope\},publish,; s,\{subject\},publisher:nobody,; s,/check$,/check?connector=hello," <<<"$path")
  [[ $path != *[{}]* ]] || fail "what is a part of $path"
  local send=(-H "Mkt-Signature: $signature")
  [[ -z $1 ]] || send+=(-H "Authorization: Bearer $1")
  [[ $2 == GET || $path == */approve ]] || send+=(-d "$4")
  got=$(http "$2" "$path" "${send[@]}")
  [[ $got != 405 ]] && ! grep -q "there is nothing at this address" body || { cat body >&2; fail "$2 $3 is no route: $got"; }
}
while read -r method path who limit; do
  calls "" "$method" "$path" "$(<everything)"
  case $who in
    anyone) [[ $got != 401 ]] || { cat body >&2; fail "$method $path wants a token"; } ;;
    *) [[ $got == 401 ]] || { cat body >&2; fail "$method $path wants no token: $got"; } ;;
  esac
  # Of another tenant, no publisher, no admin.
  calls "$stranger" "$method" "$path" "$(<everything)"
  case $who in
    anyone) [[ $got != 403 ]] || { cat body >&2; fail "$method $path is not for anyone"; } ;;
    token) [[ $got != 401 && $got != 403 ]] || { cat body >&2; fail "$method $path is not for any token"; } ;;
    *) [[ $got == 403 ]] || { cat body >&2; fail "$method $path is for strangers: $got"; } ;;
  esac
  case $limit in publish) by=$publisher ;; *) by=$token ;; esac
  calls "$by" "$method" "$path" '{}'
  [[ $got != 401 && $got != 403 ]] || { cat body >&2; fail "$method $path is not for an admin"; }
  counted=$(sed -nE 's/^RateLimit-Policy: "(marketplace|auth):([a-z-]+)".*/\2/Ip' headers)
  [[ ${counted:--} == "$limit" ]] || fail "$method $path counts as ${counted:--}, the page says $limit"
done < <(block "$page" example routes)

# The limits by default, and the fields.
scope_of() { curl -sS "${admin[@]}" "$MKT_REGISTRY/v1/limits?subject=$1" | jq -r ".limits[] | select(.scope | endswith(\":$2\")) | \"\(.limit)/\(.windowSeconds)\""; }
while read -r scope limit _; do
  case $scope in
    publish | change) subject=publisher:nobody word=$scope ;;
    install) subject=tenant:nobody word=$scope ;;
    auth-failure) subject=address:203.0.113.1 word=failure ;;
    *) subject=address:203.0.113.1 word=$scope ;;
  esac
  seconds=$(case ${limit#*/} in 15m) echo 900 ;; 1h) echo 3600 ;; esac)
  [[ $(scope_of "$subject" "$word") == "${limit%/*}/$seconds" ]] || fail "the limit of $scope is $(scope_of "$subject" "$word")"
done < <(block "$page" example limits | grep -v '^ ')
expect_http 200 - GET /v1/search
for field in X-RateLimit-Limit X-RateLimit-Remaining X-RateLimit-Reset RateLimit-Policy RateLimit; do
  grep -qi "^$field: " headers || fail "a counted answer has no $field"
done
export MEMBERS_SEEN=$work/seen
expect_http 200 - GET /v1/limits
# looks MESSAGE [PATH]: ./body is that message of the page.
looks() { fits "$page" message "$1" "${2:-.}" body; }
looks limit .limits
for i in {1..20}; do http GET /v1/keys -H "Authorization: Bearer no-token" >/dev/null; done
expect_http 429 rate_limited GET /v1/keys -H "Authorization: Bearer no-token"
looks error
[[ $(jq .retryAfter body) == "$(sed -nE 's/^Retry-After: ([0-9]+).*/\1/Ip' headers)" ]] || fail "retryAfter is not Retry-After"
stop_mktd

# --- Messages -------------------------------------------------------------------------------------------
no_limits=("${unlimited[@]}")
mkdir fire
perl "$SOURCE/tests/integration/fake_firestore.pl" fire &
firestore=$!
wait_for "Firestore" test -s fire/port
export FIRESTORE_EMULATOR_HOST=127.0.0.1:$(<fire/port)
start_mktd --firestore-project test
as() { local by=$1; shift; expect_http "$1" - "${@:2}" -H "Authorization: Bearer $by"; }
later=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)

# Failures.
expect_http 404 version_not_found GET /v1/connectors/hello/9.9.9
looks error
expect_http 413 body_too_large POST /v1/tokens "${admin[@]}" -d "$(printf 'x%.0s' {1..17000})"
looks error
[[ $(jq .maxSize body) == 16384 ]] || fail "POST /v1/tokens takes $(jq .maxSize body) bytes"
expect_http 400 invalid_request POST /v1/publish "${admin[@]}" -d '{}'
looks error
for size in POST:/v1/publishers POST:/v1/tenants/team/installs POST:/v1/connectors/hello/1.0.0/deprecate; do
  head -c 65537 /dev/zero | tr '\0' ' ' >large
  expect_http 413 body_too_large ${size/:/ } "${admin[@]}" --data-binary @large
  [[ $(jq .maxSize body) == 65536 ]] || fail "$size takes $(jq .maxSize body) bytes"
done
# A key whose first request is at work. Where a look at it comes in between, it is sent again.
perl -MIO::Socket::INET -e '
  my ($port, $token) = @ARGV;
  for (my $answer = " 409 "; $answer =~ / 409 /;) {
    my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die;
    $c->autoflush(1);
    print $c "POST /v1/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer $token\r\n",
      "Idempotency-Key: slow\r\nContent-Length: 200000\r\n\r\n{";
    $answer = <$c> // "";
  }' "${MKT_REGISTRY##*:}" "$token" &
sender=$!
at_work() { [[ $(http POST /v1/publish "${admin[@]}" -H 'Idempotency-Key: slow' -d '{}') == 409 ]]; }
wait_for "the key to be at work" at_work
looks error
[[ $(jq -r '[.error, .code, .key] | join(" ")' body) == "Request in progress in_progress slow" ]] || fail "in_progress: $(<body)"
grep -qi '^Retry-After: 5' headers || fail "in_progress has no Retry-After: 5"
kill "$sender"
# Idempotency: given again, and not for another request.
for i in 1 2; do
  expect_http 400 - POST /v1/tokens "${admin[@]}" -H 'Idempotency-Key: failed' -d '{}'
  expect_http 200 - POST /v1/connectors/hello/1.0.0/deprecate "${admin[@]}" -H "X-Idempotency-Key: k" -H "Idempotency-Key: other" \
    -d "$([[ $i == 1 ]] && echo '{"reason":"old","x":1}' || echo '{ "x":1.0, "reason":"old" }')"
done
grep -qi '^X-Idempotency-Replayed: true' headers && grep -qi '^X-Idempotency-Key: k' headers || fail "a repetition is not told of"
expect_http 422 idempotency_key_reused POST /v1/connectors/hello/1.0.0/deprecate "${admin[@]}" -H "X-Idempotency-Key: k" -d '{"reason":"other"}'
expect_http 201 - POST /v1/tokens "${admin[@]}" -H 'Idempotency-Key: secret' -d '{"role":"admin"}'
expect_http 409 answer_lost POST /v1/tokens "${admin[@]}" -H 'Idempotency-Key: secret' -d '{"role":"admin"}'

# Publishing, reading.
make_connector full
jq '. + {repository: "https://acme.example/full", homepage: "https://acme.example", changelog: "c", releaseNotes: "r",
  capabilities: ["auth"]}' full/connector.manifest.json >m && mv m full/connector.manifest.json
expect 0 "$MKT" pack full -o full.tgz
expect 0 "$MKT" sign full.tgz --key "$key"
published() { # STATUS …: a version, and what only a publish says
  expect_http "$1" - "${@:2}"
  cp body whole
  jq '{success, connectorId, checksum, warnings} | with_entries(select(.value != null))' whole >body && looks published
  jq 'del(.success, .connectorId, .checksum, .warnings)' whole >body && looks version
}
for status in 201 200; do
  published "$status" PUT /v1/connectors/full/1.0.0 "${admin[@]}" -H "Mkt-Signature: $(base64 -w0 full.tgz.sig.json)" --data-binary @full.tgz
done
mkdir older
jq -n '{id: "older", version: "1.0.0", displayName: "Older", capabilities: ["vcs"]}' >older/connector.manifest.json
tar -C older -czf older.tgz connector.manifest.json
expect 0 "$MKT" sign older.tgz --key "$key"
jq -n --slurpfile m older/connector.manifest.json --arg t "$(base64 -w0 older.tgz)" --slurpfile s older.tgz.sig.json \
  '{manifest: $m[0], tarball: $t, signature: $s[0]}' >json
published 201 POST /v1/publish "${admin[@]}" -d @json
for id in full hello; do
  expect_http 200 - GET "/v1/connectors/$id"
  looks connector
  expect_http 200 - GET "/v1/connectors/$id/latest"
  looks version
done
expect_http 200 - GET /v1/search
looks search-result
expect_http 200 - GET "/v1/search?pageSize=1"
[[ $(jq -c '[.hasMore, .page, .pageSize]' body) == '[true,1,1]' ]] || fail "a page of one"
expect_http 200 - GET /v1/connectors/hello/owners
looks owner .owners
expect_http 200 - GET /v1/stats
looks stats

# Conditions and ranges.
for path in /v1/connectors/hello /v1/connectors/hello/1.0.0 /v1/connectors/hello/1.0.0/signature /v1/stats /v1/keys /v1/connectors/hello/1.0.0/tarball; do
  expect_http 200 - GET "$path"
  etag=$(sed -nE 's/^ETag: (.*)\r$/\1/Ip' headers)
  case $path in
    */tarball) [[ $etag == "\"sha256:$(sha256sum <body | cut -c1-64)\"" ]] ;;
    /v1/keys) [[ $etag == "\"keys-$(jq .sequence body)\"" ]] ;;
    *) [[ $etag == "\"$(sha256sum <body | cut -c1-32)\"" ]] ;;
  esac || fail "the ETag of $path is $etag"
  for tag in "$etag" "W/$etag" '"x", '"$etag" '*'; do expect_http 304 - GET "$path" -H "If-None-Match: $tag"; done
  expect_http 200 - GET "$path" -H 'If-None-Match: "x"'
done
size=$(curl -sS "$MKT_REGISTRY/v1/connectors/hello/1.0.0" | jq .tarballSize)
for range in 0-9 10- -7; do
  expect_http 206 - GET /v1/connectors/hello/1.0.0/tarball -H "Range: bytes=$range"
  grep -qi "^Content-Range: bytes [0-9]*-[0-9]*/$size" headers || fail "Content-Range of $range"
  expect_http 200 - GET /v1/connectors/hello/1.0.0/tarball -H "Range: bytes=$range" -H 'If-Range: "x"'
done
for range in "bytes=0-1,3-4" "lines=0-1" "bytes=x-"; do expect_http 200 - GET /v1/connectors/hello/1.0.0/tarball -H "Range: $range"; done
expect_http 416 range_not_satisfiable GET /v1/connectors/hello/1.0.0/tarball -H "Range: bytes=$size-"
grep -qi "^Content-Range: bytes \*/$size" headers || fail "Content-Range of 416"

# Publishers and keys.
expect_http 201 - POST /v1/publishers/acme/challenges
looks challenge
for by in "$token" ""; do
  expect_http 200 - GET /v1/publishers/acme ${by:+-H "Authorization: Bearer $by"}
  looks publisher
  expect_http 200 - GET /v1/publishers
  looks publisher .publishers
done
expect_http 200 - GET /v1/publishers/acme/signings -H "Authorization: Bearer $token"
looks signing .signings
other=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$other" --endorse-with "$key" --expires 30d --key-id acme-2025
export MKT_KEY=$other
make_connector stolen
expect 0 "$MKT" publish stolen

# What takes a version out of reach.
taken_out() { # STATUS …: a version, and what it hits
  expect_http "$1" - "${@:2}"
  cp body whole
  jq '{requestCount, installationCount, requests, installations, dependants}' whole >body && looks taken-out
  jq 'del(.requestCount, .installationCount, .requests, .installations, .dependants)' whole >body && looks version
}
make_connector user
jq '.dependencies = {full: "^1.0.0"}' user/connector.manifest.json >m && mv m user/connector.manifest.json
expect 0 "$MKT" publish user
expect_http 200 - GET /v1/connectors/full/dependants
looks dependant .dependants
taken_out 200 POST /v1/connectors/full/1.0.0/quarantine "${admin[@]}" -d '{"reason":"calls home"}'
expect_http 200 - GET /v1/connectors/full/1.0.0
looks version
expect_http 200 - POST /v1/connectors/full/1.0.0/release "${admin[@]}" -d '{"reason":"it does not"}'
looks version
make_connector full 0.9.0
expect 0 "$MKT" publish full
echo '{"reasonCode":"legal","reason":"not ours","dryRun":true}' >json
taken_out 200 POST /v1/connectors/full/0.9.0/withdraw "${admin[@]}" -d @json
taken_out 200 POST /v1/connectors/full/0.9.0/withdraw "${admin[@]}" -d '{"reasonCode":"legal","reason":"not ours"}'
expect_http 410 version_withdrawn GET /v1/connectors/full/0.9.0/tarball
expect_http 200 - PUT /v1/connectors/user/visibility "${admin[@]}" -d '{"visibility":"tenants:team"}'
looks visibility
expect_http 200 - GET /v1/connectors/user "${admin[@]}"
looks connector

# Tenants.
member=$(token_of member team bob) approver=$(token_of approver team acme) tenant_admin=$(token_of tenant-admin team carol)
as "$member" 200 GET /v1/tenants/team/policy
looks policy-in-force
as "$tenant_admin" 200 PUT /v1/tenants/team/policy -d '{"policy":{"minApprovals":1},"revision":0}'
looks policy-in-force
expect_http 409 policy_changed PUT /v1/tenants/team/policy "${admin[@]}" -d '{"policy":{},"revision":0}'
expect_http 422 policy_invalid PUT /v1/tenants/team/policy "${admin[@]}" -d '{"policy":{"other":1}}'
as "$member" 200 GET /v1/tenants/team/policy/history
looks policy-in-force .policies
for id in hello full; do
  as "$member" 200 GET "/v1/tenants/team/policy/check?connector=$id"
  looks policy-check
done
as "$member" 201 POST /v1/tenants/team/installs -d '{"connectorId":"hello"}'
looks outcome
as "$member" 200 POST /v1/tenants/team/installs -d '{"connectorId":"hello","version":"latest"}'
looks outcome
make_connector waits
jq '.capabilities = ["auth"]' waits/connector.manifest.json >m && mv m waits/connector.manifest.json
expect 0 "$MKT" publish waits
as "$member" 201 POST /v1/tenants/team/installs -d '{"connectorId":"stolen"}'
as "$member" 202 POST /v1/tenants/team/installs -d '{"connectorId":"waits"}'
looks outcome
as "$member" 202 POST /v1/tenants/team/installs -d '{"connectorId":"full","config":{"level":3}}'
looks outcome
wish=/v1/tenants/team/install-requests/$(jq -r .requestId body)
expect_http 409 request_differs POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId":"full","config":{}}'
as "$approver" 200 GET "$wish"
looks request
as "$member" 200 GET "/v1/tenants/team/install-requests?status=pending&limit=1"
looks requests
[[ $(jq -c '[.hasMore, (.requests | length), (.next | type)]' body) == '[true,1,"number"]' ]] || fail "a page of requests: $(<body)"
as "$member" 200 GET "/v1/tenants/team/install-requests?before=$(jq .next body)"
looks requests
expect_http 403 self_approval POST "$wish/approve" -H "Authorization: Bearer $(token_of approver team bob)"
as "$approver" 200 POST "$wish/approve"
looks request
as "$approver" 200 POST "$wish/approve"
expect_http 409 request_decided POST "$wish/deny" -H "Authorization: Bearer $approver" -d '{"reason":"late"}'
make_connector hello 1.1.0
expect 0 "$MKT" publish hello
as "$member" 201 PATCH /v1/tenants/team/installs/hello -d '{}'
looks outcome
as "$member" 200 GET "/v1/tenants/team/installs?limit=1&after=full"
[[ $(jq -c '[.hasMore, .installations[0].connectorId]' body) == '[true,"hello"]' ]] || fail "a page of installations: $(<body)"
looks installation .installations
as "$member" 200 DELETE /v1/tenants/team/installs/hello
looks installation .uninstalled
as "$member" 200 GET /v1/tenants/team/installs/hello
looks event .history
[[ $(jq -c '[.installation, [.history[].action]]' body) == '[null,["uninstall","update","install"]]' ]] || fail "history: $(<body)"

# Revoking.
echo '{"reasonCode":"compromised","reason":"stolen","compromisedSince":"2026-01-31T12:00:00+01:00","dryRun":true}' >json
fits "$page" request revoke . <(sed 's/+01:00/.000Z/' json)
# A reason has up to 500 characters, whatever they are in bytes.
characters() { perl -CO -e 'print "\x{1f511}" x $ARGV[0]' "$1"; }
for count in 500 501; do
  status=$([[ $count == 500 ]] && echo 200 || echo 400)
  code=$([[ $count == 500 ]] && echo - || echo invalid_request)
  expect_http "$status" "$code" POST "/v1/publishers/acme/keys/acme-2025/revoke" "${admin[@]}" \
    -d "{\"reasonCode\":\"superseded\",\"reason\":\"$(characters $count)\",\"dryRun\":true}"
  expect_http "$status" "$code" PATCH /v1/publishers/acme "${admin[@]}" -d "{\"status\":\"suspended\",\"reason\":\"$(characters $count)\"}"
  expect_http "$status" "$code" POST /v1/connectors/stolen/1.0.0/deprecate "${admin[@]}" -d "{\"reason\":\"$(characters $count)\"}"
done
expect_http 200 - PATCH /v1/publishers/acme "${admin[@]}" -d '{"status":"active"}'
expect_http 200 - POST "/v1/publishers/acme/keys/acme-2025/revoke" "${admin[@]}" -d @json
looks revocation
expect_http 200 - POST "/v1/publishers/acme/keys/$other/revoke" "${admin[@]}" -d '{"reasonCode":"compromised","reason":"stolen"}'
looks revocation
[[ $(jq -c '.counts' body) == '{"quarantined":4,"requests":1,"installations":1}' ]] || fail "what is hit: $(jq -c .counts body)"
expect_http 200 - GET /v1/feed
looks feed-entry .entries
expect_http 200 - GET '/v1/feed?after=1000000'
looks feed-entry .entries
expect_http 200 - GET /v1/keys
looks keys
expect_http 200 - GET "/v1/keys?since=$(($(jq .sequence body) - 1))"
looks keys
[[ $(jq '.keys | length' body) == 1 ]] || fail "the keys since: $(<body)"
expect_http 409 version_quarantined GET /v1/connectors/stolen/1.0.0/tarball

# Tokens, the log, limits.
echo "{\"role\":\"publisher\",\"subject\":\"acme\",\"name\":\"ci\",\"expiresAt\":\"${later%Z}.000Z\"}" >json
fits "$page" request token . json
expect_http 201 - POST /v1/tokens "${admin[@]}" -d @json
looks token
expect_http 200 - GET /v1/tokens "${admin[@]}"
looks token .tokens
as "$member" 200 GET /v1/tokens/current
looks token
expect_http 204 - DELETE "/v1/tokens/$(jq -r .id body)" -H "Authorization: Bearer $member"
expect_http 200 - GET "/v1/log?limit=2&after=1" "${admin[@]}"
looks log-entry .entries
[[ $(jq -c '[.hasMore, [.entries[].sequence]]' body) == '[true,[2,3]]' ]] || fail "a page of the log: $(<body)"
expect_http 400 invalid_request GET "/v1/log?limit=0" "${admin[@]}"
expect_http 400 invalid_request GET "/v1/log?limit=1001" "${admin[@]}"
expect_http 200 - GET /v1/limits
looks limit .limits

# What a request must have, and what it may not.
# needs REQUEST METHOD PATH: without a member that is required, ./json is refused.
needs() {
  fits "$page" request "$1" . json
  local member
  for member in $(block "$page" request "$1" | sed -nE 's/^([A-Za-z]+) .*/\1/p'); do
    jq "del(.$member)" json >without
    [[ $(http "$2" "$3" "${admin[@]}" -d @without) == 4?? ]] || fail "$2 $3 does not need $member: $(<body)"
  done
}
make_key() { openssl genpkey -algorithm ed25519 -outform DER -out key.der && openssl pkey -inform DER -in key.der -pubout -outform DER | tail -c 32 | base64 -w0; }
jq -n --arg key "$(make_key)" '{id: "other", displayName: "Other", email: "o@acme.example", publicKey: $key}' >json
needs register POST /v1/publishers
expect_http 201 - POST /v1/publishers "${admin[@]}" -d @json
looks publisher
jq -n --arg key "$(make_key)" '{publicKey: $key}' >json
needs add-key POST /v1/publishers/other/keys
expect_http 403 key_proof_invalid POST /v1/publishers/acme/keys -H "Authorization: Bearer $publisher" -d @json
expect_http 201 - POST /v1/publishers/other/keys "${admin[@]}" -d @json
looks key
echo '{"reasonCode":"cessation","reason":"x"}' >json
needs revoke POST "/v1/publishers/other/keys/$(jq -r .keyId body)/revoke"
echo '{"reasonCode":"legal","reason":"not ours"}' >json
needs withdrawal POST /v1/connectors/hello/1.0.0/withdraw
echo '{"connectorId":"older"}' >json
needs install POST /v1/tenants/team/installs
echo '{"role":"admin"}' >json
needs token POST /v1/tokens

# Operations, with a mirror that gets on badly.
expect_http 200 - GET /readyz
looks part .parts
echo gwi_marketplace_connectors/refused >fire/refuse
make_connector refused
MKT_KEY=$key expect 0 "$MKT" publish refused
mirror() { http GET /v1/mirror "${admin[@]}" >/dev/null; }
wait_for "a document to be set aside" eval 'mirror; [[ $(jq .parkedCount body) == 1 && $(jq .waiting body) == 0 ]]'
looks mirror
touch fire/down
make_connector down
MKT_KEY=$key expect 0 "$MKT" publish down
wait_for "the trouble" eval 'mirror; [[ $(jq -r .trouble body) == *503* ]]'
looks mirror
expect_http 200 - GET /v1/status "${admin[@]}"
looks status
expect_http 200 - GET /readyz
[[ $(jq -c 'keys' body) == '["parts","status"]' ]] || fail "readyz: $(<body)"
looks part .parts
rm fire/down
expect_http 202 - POST /v1/mirror/resync "${admin[@]}"
[[ $(jq -c keys body) == '["waiting"]' ]] || fail "resync: $(<body)"
expect_http 202 - POST /v1/mirror/adopt "${admin[@]}"
[[ $(<body) == '{"project":"test"}' ]] || fail "adopt: $(<body)"
expect_http 200 - GET /healthz
[[ $(jq -c keys body) == '["status","version"]' ]] || fail "healthz"
expect_http 200 - GET /health
[[ $(jq -c keys body) == '["connectors","status","totalDownloads"]' ]] || fail "health"
all_seen "$page" message

# The rest of what the page says of requests.
expect_http 204 - OPTIONS /v1/anything
for path in /v1//search /v1/./search /v1/%2E%2E/x /v1/a%5Cb /v1/a%25b; do
  [[ $(curl -sS --path-as-is -o body -w '%{http_code}' "$MKT_REGISTRY$path") == 400 ]] || fail "$path is taken"
done
expect_http 421 host_not_allowed GET /v1/search -H 'Host: elsewhere.example'
expect_http 403 origin_not_allowed POST /v1/tokens "${admin[@]}" -H 'Origin: https://elsewhere.example' -d '{}'
expect_http 501 not_implemented POST /v1/tokens "${admin[@]}" -H 'Transfer-Encoding: chunked' -d '{}'
expect_http 415 unsupported_media_type POST /v1/tokens "${admin[@]}" -H 'Content-Encoding: gzip' -d '{}'
expect_http 414 uri_too_long GET "/v1/search?q=$(printf 'x%.0s' {1..2040})"
expect_http 400 invalid_json POST /v1/tokens "${admin[@]}" -d '{"role":"admin","role":"admin"}'
expect_http 400 invalid_json POST /v1/tokens "${admin[@]}" -d '[]'
for field in "Authorization: bearer $token" "AUTHORIZATION: BEARER $token" "X-API-Key: $token"; do
  expect_http 200 - GET /v1/tokens/current -H "$field"
done
expect_http 401 unauthorized GET /v1/search -H "X-API-Key: wrong"
expect_http 401 unauthorized GET /v1/search -H "Authorization: Basic eDp5"
grep -qi '^WWW-Authenticate: Bearer' headers || fail "a 401 does not say how"
expect_http 200 - GET /v1/search -H "X-API-Key;"
# A publish is refused for the first fault in the page's order; what fails on installing says the sentence.
expect_http 422 invalid_input PUT /v1/connectors/No/1.0.0 -H "Mkt-Signature: x" -d x
expect_http 400 signature_malformed PUT /v1/connectors/hello/1.0.0 -H "Mkt-Signature: x" -d x
expect_http 401 unauthorized PUT /v1/connectors/hello/1.0.0 -H "Mkt-Signature: $(base64 -w0 full.tgz.sig.json)" -d x
expect_http 422 checksum_mismatch PUT /v1/connectors/hello/1.0.0 "${admin[@]}" -H "Mkt-Signature: $(base64 -w0 full.tgz.sig.json)" -d x
expect_http 422 manifest_mismatch PUT /v1/connectors/hello/1.0.0 "${admin[@]}" -H "Mkt-Signature: $(base64 -w0 full.tgz.sig.json)" --data-binary @full.tgz
expect_http 404 connector_not_found POST /v1/tenants/team/installs "${admin[@]}" -d '{"connectorId":"no-such-thing"}'
jq -e '.error == .message' body >/dev/null || fail "installing says a title: $(<body)"
expect_http 404 connector_not_found GET /v1/connectors/Not_An_Id
expect_http 422 invalid_input GET /v1/connectors/Not_An_Id/owners
