#!/usr/bin/env bash
# Revoking keys: what is hit, who is told, and that it holds whatever happens at the same time.
source "$(dirname "$0")/lib.sh"

log_state() { "$MKT" log --json | jq -c '[.entries[] | {sequence, actor, action, subject}]'; }
publish() { # ID VERSION KEY
  make_connector "$1" "$2"
  expect 0 "$MKT" publish "$1" --key "$3"
}

start_mktd
register acme
first=$key
publish tool 1.0.0 "$first"
expect 0 "$MKT" install tool --root early
sleep 0.05
since=$(date -u +%FT%T.%3NZ)
publish tool 1.1.0 "$first"
expect 0 "$MKT" install tool --root late

# A dry run says what it would hit and changes nothing.
before=$(log_state)
expect 0 "$MKT" --json key revoke "$first" --reason-code compromised --reason "laptop stolen" \
  --compromised-since "$since" --dry-run
[[ $(jq -c '[.quarantined[].version]' out) == '["1.1.0"]' ]] || fail "the dry run names the wrong versions"
[[ $(log_state) == "$before" ]] || fail "a dry run left a trace"

# Whose installations are hit is told to admins only, and their configurations to nobody.
curl -sS -o /dev/null -X POST "$MKT_REGISTRY/v1/tenants/team/installs" -H "Authorization: Bearer $token" \
  -d '{"connectorId": "tool", "version": "1.1.0", "config": {"password": "hunter2"}}'
"$MKT" token create --role publisher --subject acme --name ci >acme.token 2>/dev/null
dry_run() { # TOKEN
  expect_http 200 - POST "/v1/publishers/acme/keys/$first/revoke" -H "Authorization: Bearer $1" \
    -d '{"reasonCode": "compromised", "reason": "x", "dryRun": true}'
  ! grep -q hunter2 body || fail "a configuration is shown"
  jq -e '.counts == {quarantined: 2, requests: 0, installations: 1}' body >/dev/null || fail "the counts"
}
dry_run "$token"
[[ $(jq -r '.installations[].tenantId' body) == team ]] || fail "an admin does not see whose it is"
dry_run "$(<acme.token)"
! grep -q team body || fail "a publisher sees a tenant"
expect 0 "$MKT" --token-file acme.token key revoke "$first" --reason-code compromised --reason x --dry-run
says out "1 installations of these"
# Without a terminal nobody can be asked.
expect 2 setsid "$MKT" key revoke "$first" --reason-code compromised --reason x
says err "--yes"

# Another key, so that the publisher can go on.
second=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$second" --endorse-with "$first"
expect 8 "$MKT" key add "$second"

expect 0 "$MKT" key revoke "$first" --reason-code compromised --reason "laptop stolen" \
  --compromised-since "$since" --yes
says out "tool@1.1.0"

check_revoked() {
  # Nothing can be published or added with it, whatever signedAt says.
  make_connector tool 1.2.0
  expect 4 "$MKT" publish tool --key "$first"
  says err "laptop stolen"
  expect 0 "$MKT" pack tool -o backdated.tgz
  expect 0 "$MKT" sign backdated.tgz --key "$first"
  jq '.signedAt = "2020-01-01T00:00:00Z"' backdated.tgz.sig.json >early.sig.json
  expect_http 403 key_revoked PUT /v1/connectors/tool/1.2.0 -H "Authorization: Bearer $token" \
    -H "Mkt-Signature: $(base64 -w0 early.sig.json)" --data-binary @backdated.tgz
  rm -f backdated.tgz*
  # What it signed since is listed and explained, and not served; what it signed before is.
  expect_http 409 version_quarantined GET /v1/connectors/tool/1.1.0/tarball
  expect_http 200 - GET /v1/connectors/tool/1.1.0
  [[ $(jq .quarantined body) == true ]] || fail "1.1.0 is not marked"
  expect_http 200 - GET /v1/connectors/tool/1.0.0/tarball
  expect 4 "$MKT" install tool@1.1.0 --root refused
  says err "laptop stolen"
  [[ ! -e refused/tool ]] || fail "a version in quarantine was installed"
  rm -rf allowed
  expect 0 "$MKT" install tool@1.0.0 --root allowed
  says err "was revoked"
  expect 0 "$MKT" info tool@1.1.0
  says out "laptop stolen"
  # It stays listed, with who, when and why.
  expect 0 "$MKT" --json publisher show acme
  jq -e --arg k "$first" '.keys[] | select(.keyId == $k) |
    .status == "revoked" and .reasonCode == "compromised" and .reason == "laptop stolen" and
    (.revokedBy | startswith("admin")) and .revokedAt != null' out >/dev/null || fail "the listing"
  # Audit tells the two installations apart.
  expect 0 "$MKT" --registry "$MKT_REGISTRY" audit --root early
  expect 4 "$MKT" --registry "$MKT_REGISTRY" audit --root late
  says err "1 of 1"
  expect 4 "$MKT" --registry "$MKT_REGISTRY" audit --root late --offline
  expect 4 "$MKT" --registry "$MKT_REGISTRY" verify late/tool
}
check_revoked

# It survives a restart, and a kill right after the answer.
stop_mktd
start_mktd
check_revoked
third=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$third"
"$MKT" key revoke "$third" --reason-code cessation --reason "left" --yes >/dev/null
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
daemon=
start_mktd
expect 0 "$MKT" --json publisher show acme
[[ $(jq -r --arg k "$third" '.keys[] | select(.keyId == $k).status' out) == revoked ]] ||
  fail "a revocation that was answered is lost"

# Nothing undoes it: not another reason, not registering the key again.
expect 0 "$MKT" key revoke "$first" --reason-code superseded --reason "never mind" --yes
check_revoked
expect 8 "$MKT" key add "$first"

# Countersigning the same bytes lifts the quarantine; other bytes are refused.
make_connector tool 1.1.0
expect 0 "$MKT" pack tool -o own.tgz
expect 0 "$MKT" pack tool -o other.tgz
echo x >>other.tgz
expect 4 "$MKT" sign --countersign tool@1.1.0 other.tgz --key "$second"
says err "nothing was signed"
expect 4 "$MKT" sign --countersign tool@1.1.0 own.tgz --key "$first"
expect 0 "$MKT" sign --countersign tool@1.1.0 own.tgz --key "$second"
expect_http 200 - GET /v1/connectors/tool/1.1.0/tarball
expect 0 "$MKT" install tool@1.1.0 --root again
expect 0 "$MKT" --registry "$MKT_REGISTRY" audit --root late

# Superseded and retired keys: what they signed stays installable, and says so.
register partner
publish gadget 1.0.0 "$key"
expect 0 "$MKT" key revoke "$key" --reason-code superseded --reason "new laptop" --yes
says out "no version goes into quarantine"
expect 0 "$MKT" install gadget
says err "new laptop"
make_connector gadget 1.0.1
expect 4 "$MKT" publish gadget --key "$key"

# Two admins at once: both are answered, one of them changed something, the log has one entry.
register rivals
"$MKT" token create --role admin --name other >other.token 2>/dev/null
revoke() { # TOKEN OUT
  curl -sS -o "$2" -X POST -H "Authorization: Bearer $1" -H 'Content-Type: application/json' \
    -d '{"reasonCode":"compromised","reason":"both saw it"}' \
    "$MKT_REGISTRY/v1/publishers/rivals/keys/$key/revoke"
}
revoke "$token" one.json & one=$!
revoke "$(<other.token)" two.json & two=$!
wait "$one"
wait "$two"
[[ $(jq -s '[.[].changed] | sort' -c one.json two.json) == '[false,true]' ]] || fail "two admins at once"
[[ $(log_state | jq --arg k "$key" '[.[] | select(.action == "key.revoke" and .subject == $k)] | length') == 1 ]] ||
  fail "the log has the revocation twice"

# An upload that began before the revocation and ends after it fails.
register slow
make_connector crawler
expect 0 "$MKT" pack crawler -o crawler.tgz
expect 0 "$MKT" sign crawler.tgz --key "$key"
exec 3<>"/dev/tcp/127.0.0.1/${MKT_REGISTRY##*:}"
{
  printf 'PUT /v1/connectors/crawler/1.0.0 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n' "$token"
  printf 'Mkt-Signature: %s\r\nContent-Length: %d\r\n\r\n' "$(base64 -w0 crawler.tgz.sig.json)" \
    "$(stat -c %s crawler.tgz)"
  head -c 100 crawler.tgz
} >head
cat head >&3
sleep 0.3
expect 0 "$MKT" key revoke "$key" --reason-code compromised --reason "just now" --yes
tail -c +101 crawler.tgz >rest
cat rest >&3
IFS= read -r -t 10 status <&3
exec 3>&-
[[ $status == *" 403 "* ]] || fail "the upload was answered $status"
expect_http 404 connector_not_found GET /v1/connectors/crawler
[[ -z $(find data -name '*.part*' -o -path '*tmp*' -type f) ]] || fail "the upload left something"

# Every change is in the log, with who and from where.
expect 0 "$MKT" log --json
for action in publisher.register key.add key.revoke version.publish version.countersign token.create; do
  jq -e --arg a "$action" '[.entries[] | select(.action == $a)] | length > 0 and
    all(.actor != "" and .at != "")' out >/dev/null || fail "the log says nothing of $action"
done
expect 0 "$MKT" log --since 1h
expect_http 401 unauthorized GET /v1/log
stop_mktd

# No token is in what the programs wrote.
! grep -rqE 'mkt_[0-9a-f]{12}_' mktd.log || fail "a token is in the daemon's log"
