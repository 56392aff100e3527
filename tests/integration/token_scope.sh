#!/usr/bin/env bash
# Tokens that may do less than their role: to read only, for some connectors, from some addresses, for a
# while. Every route of the OpenAPI document is tried that changes something.
source "$(dirname "$0")/lib.sh"

start_mktd
export MKT_TOKEN=$token
register acme
for id in tool mail-in mail-out; do
  make_connector "$id"
done
expect 0 "$MKT" publish tool
expect 0 "$MKT" publish mail-in

make_token() { "$MKT" token create --json "$@" >made || fail "token create $*"; secret=$(jq -er .token made); }
# status_of METHOD PATH [BODY]: with the token $secret.
status_of() {
  curl -sS -o body -w '%{http_code}' -X "$1" -H "Authorization: Bearer $secret" -H 'Content-Type: application/json' \
    ${3:+-d "$3"} "$MKT_REGISTRY$2"
}
curl -sSf "$MKT_REGISTRY/v1/openapi" |
  jq -r '.paths | to_entries[] | .key as $path | .value | to_entries[] | select(.key != "get" and .key != "parameters") |
         "\(.key | ascii_upcase) \($path)"' |
  sed 's/{version}/1.0.0/; s/{tenant}/team/; s/{connector}/tool/; s/{publisher}/acme/; s/publishers\/{id}/publishers\/acme/; s/connectors\/{id}/connectors\/tool/; s/{[a-zA-Z]*}/x/g' >changes
[[ $(wc -l <changes) -ge 20 ]] || fail "changes: $(<changes)"

# Even an admin's token that may only read changes nothing.
make_token --role admin --name reader --read
[[ $(jq -c '[.readOnly, .connectors, .from]' made) == '[true,[],[]]' ]] || fail "$(<made)"
while read -r method path; do
  [[ $path != */download ]] || continue # it changes nothing
  got=$(status_of "$method" "$path" '{}')
  [[ $got == 403 && $(jq -r .message body) == *"only read"* ]] || fail "$method $path with a token that reads: $got $(<body)"
done <changes
[[ $(status_of GET /v1/tokens) == 200 && $(status_of GET /v1/log) == 200 ]] || fail "it does not read"
# But anybody may give up a token.
[[ $(status_of DELETE "/v1/tokens/$(jq -r .id made)") == 204 ]] || fail "it cannot revoke itself: $(<body)"

# What is no range and no pattern is told with its member and its value.
expect 2 "$MKT" token create --role admin --name x --from foo
says err 'from must be addresses or ranges such as 10.0.0.0/8, or unix, and not "foo"'
expect 2 "$MKT" token create --role admin --name x --connector 'H['
says err 'connectors must be connector ids, in which * stands for anything, and not "H["'

# For some connectors: nothing else is changed, by whatever route.
make_token --role admin --name mailer --connector 'mail-*'
while read -r method path; do
  case "$method $path" in
    "POST /v1/publish" | "POST /v1/connectors" | "POST /v1/tenants/team/installs") continue ;; # the connector is in the body, see below
    POST\ /v1/tenants/team/install-requests/*) continue ;; # it is that of the request, see below
  esac
  got=$(status_of "$method" "$path" '{}')
  [[ $got == 403 ]] || fail "$method $path with a token for mail-*: $got $(<body)"
done <changes
[[ $(status_of POST /v1/tenants/team/installs '{"connectorId": "tool", "version": "1.0.0"}') == 403 ]] || fail "install of tool: $(<body)"
[[ $(status_of POST /v1/tenants/team/installs '{"connectorId": "mail-in", "version": "1.0.0"}') == 20? ]] || fail "install of mail-in: $(<body)"
[[ $(status_of DELETE /v1/tenants/team/installs/mail-in) == 20? ]] || fail "uninstall of mail-in: $(<body)"
[[ $(status_of GET /v1/tenants/team/installs/tool) == 403 ]] || fail "an installation of tool: $(<body)"
[[ $(status_of GET /v0.1/servers/internal.mkt%2Ftool/versions) == 403 ]] || fail "the server tool: $(<body)"
[[ $(status_of GET /v0.1/servers/internal.mkt%2Fmail-in/versions) == 404 ]] || fail "the server mail-in: $(<body)"
[[ $(status_of GET /v1/connectors/tool) == 403 && $(status_of GET /v1/connectors/mail-in) == 200 ]] || fail "reads"
sed -i 's/1\.0\.0/1.1.0/' tool/connector.manifest.json mail-in/connector.manifest.json
MKT_TOKEN=$secret expect 0 "$MKT" publish mail-in --key "$key"
MKT_TOKEN=$secret expect 0 "$MKT" publish mail-out --key "$key"
MKT_TOKEN=$secret expect 4 "$MKT" publish tool --key "$key"
says err "for mail-* only"
# The older route has it in the body only: the manifest in the tarball decides.
older_body tool "$key" older.json
announce() { status_of POST /v1/connectors "$(jq -c --arg id "$1" --arg sum "$2" '{connectorId: $id, version: "1.0.0", tarballChecksum: $sum}' <<<'{}')"; }
sum=$(curl -sSf -H "Authorization: Bearer $secret" "$MKT_REGISTRY/v1/connectors/mail-in/1.0.0" | jq -er .tarballChecksum)
[[ $(announce tool "$sum") == 403 ]] || fail "an announcement of tool: $(<body)"
[[ $(announce mail-in "$sum") == 201 ]] || fail "an announcement of mail-in: $(<body)"
got=$(curl -sS -o body -w '%{http_code}' -H "Authorization: Bearer $secret" -H 'Content-Type: application/json' --data @older.json "$MKT_REGISTRY/v1/publish")
[[ $got == 403 ]] || fail "POST /v1/publish of tool: $got $(<body)"
MKT_TOKEN=$token expect 3 "$MKT" info tool@1.1.0

# An approver of some connectors decides about them, and about nothing else.
expect 0 "$MKT" --tenant team policy set requireApprovalForAll=true
make_token --role member --subject team --name maria
for id in tool mail-in; do
  status_of POST /v1/tenants/team/installs "{\"connectorId\": \"$id\", \"version\": \"1.0.0\"}" >/dev/null
  printf -v "of_${id//-/_}" '%s' "/v1/tenants/team/install-requests/$(jq -er .requestId body)"
done
make_token --role approver --subject team --name ann --connector 'mail-*'
for act in approve deny cancel; do
  [[ $(status_of POST "$of_tool/$act" '{"reason": "no"}') == 403 && $(jq -r .message body) == *"for mail-* only"* ]] || fail "$act tool: $(<body)"
done
cookie=$(curl -sS -o /dev/null -D - --data-urlencode "token=$secret" "$MKT_REGISTRY/sign-in" | sed -nE 's/^set-cookie: (mkt-session=[^;]+);.*/\1/Ip')
decides_on() { curl -sS -H "Cookie: $cookie" "$MKT_REGISTRY/requests/team/${1##*/}"; }
[[ $(decides_on "$of_mail_in") == *'>Approve</button>'* ]] || fail "no form: $(decides_on "$of_mail_in")"
[[ $(decides_on "$of_tool") != *'>Approve</button>'* && $(decides_on "$of_tool") == *"Your token is for other connectors."* ]] || fail "a form of no use"
[[ $(status_of POST "$of_mail_in/approve" '{}') == 200 ]] || fail "approve mail-in: $(<body)"
make_token --role approver --subject team --name bob --read
cookie=$(curl -sS -o /dev/null -D - --data-urlencode "token=$secret" "$MKT_REGISTRY/sign-in" | sed -nE 's/^set-cookie: (mkt-session=[^;]+);.*/\1/Ip')
[[ $(decides_on "$of_tool") == *"Your token may only read."* ]] || fail "a form for who only reads"

# A connector that is there only for a tenant: the token says why not, and its name is not proposed.
expect 0 "$MKT" visibility tool tenants:team
make_token --role member --subject team --name mo --connector 'mail-*'
MKT_TOKEN=$secret expect 0 "$MKT" whoami
says err "it is limited: mail-*"
MKT_TOKEN=$secret expect 4 "$MKT" info tool
says err "your token is for mail-* only, and not for tool"
expect 0 "$MKT" visibility tool everyone

# From some addresses.
make_token --role admin --name office --from 10.0.0.0/8 --from 192.0.2.1
[[ $(status_of GET /v1/tokens) == 403 && $(jq -r .message body) == *"from 127.0.0.1"* ]] || fail "from elsewhere: $(<body)"
make_token --role admin --name here --from 127.0.0.0/8
[[ $(status_of GET /v1/tokens) == 200 ]] || fail "from here: $(<body)"
# It makes no token that may come from elsewhere.
[[ $(status_of POST /v1/tokens '{"role": "admin", "name": "y", "from": ["0.0.0.0/0"]}') == 403 ]] || fail "$(<body)"
[[ $(status_of POST /v1/tokens '{"role": "admin", "name": "y"}') == 201 && $(jq -c .from body) == '["127.0.0.0/8"]' ]] || fail "$(<body)"

# What is no pattern and no range is refused, and both are told at once.
expect 2 "$MKT" token create --role admin --name x --connector Mail --from office
says err connectors
says err from
# People see all of it.
expect 0 "$MKT" token list
says out 'mail-*'
says out '10.0.0.0/8 192.0.2.1'
expect 0 "$MKT" log
says out 'only to read'
says out 'for ["mail-*"]'

# How long, where nobody says.
stop_mktd
start_mktd --token-lifetime 90d
before=$(date +%s)
make_token --role member --subject team --name short
ends=$(date -d "$(jq -r .expiresAt made)" +%s)
((ends - before >= 90 * 86400 - 60 && ends - before <= 90 * 86400 + 60)) || fail "it ends at $(jq -r .expiresAt made)"
make_token --role member --subject team --name long --expires 365d
[[ $(date -d "$(jq -r .expiresAt made)" +%s) -gt $ends ]] || fail "a wish is not granted: $(<made)"
expect 2 "$MKTD" --token-lifetime soon --check-config
says err token-lifetime
expect 2 "$MKTD" --token-lifetime 0s --check-config

# What is answered to a token is for nobody else.
curl -sS -o body -D head -H "Authorization: Bearer $secret" "$MKT_REGISTRY/v1/search"
grep -qi '^cache-control: private' head || fail "a shared cache may keep it: $(<head)"

# A token that is given instead of its id is revoked, and its secret goes nowhere.
make_token --role member --subject team --name pasted
expect 0 "$MKT" token revoke "$secret"
"$MKT" token list --json | jq -e --arg id "$(jq -r .id made)" 'all(.tokens[]; .id != $id)' >/dev/null || fail "it was not revoked"
make_token --role member --subject team --name pasted
curl -sS -o /dev/null -X DELETE -H "Authorization: Bearer $MKT_TOKEN" "$MKT_REGISTRY/v1/tokens/$secret"
is_logged() { grep -q "path=/v1/tokens/$(jq -r .id made)" mktd.log; }
wait_for "the access log" is_logged
! grep -qF "${secret##*_}" mktd.log || fail "the access log has a secret"
# A number alone may mean days.
expect 2 "$MKT" token create --role member --subject team --name x --expires 90
says err "90d"
expect 2 "$MKT" token create --role publisher --name x
says err "needs --subject PUBLISHER"

# Sign-ins that fail are in the log: the first at once, the others of the same address as a number.
wrong="mkt_$(jq -r .id made)_$(printf '0%.0s' {1..64})"
for i in {1..5}; do curl -sS -o /dev/null -H "Authorization: Bearer $wrong" "$MKT_REGISTRY/v1/tokens/current"; done
of_the_wrong() { "$MKT" log --json | jq -c --arg id "$(jq -r .id made)" '[.entries[].document | select(.token == $id and .count) | .count]'; }
tells_of_failure() { [[ $(of_the_wrong) != '[]' ]]; }
wait_for "the log to tell of a failed sign-in" tells_of_failure
stop_mktd
start_mktd
[[ $(of_the_wrong | jq -c '[add, length < 3]') == '[5,true]' ]] || fail "the log tells of $(of_the_wrong)"
! "$MKT" log --json | grep -q 0000000000000000 || fail "the log has a secret"
