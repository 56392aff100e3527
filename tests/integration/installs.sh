#!/usr/bin/env bash
# Installs for a tenant: policy, requests, approvals, updates, dependencies, the lock file; as people
# and CI jobs do it.
source "$(dirname "$0")/lib.sh"

# publish ID VERSION CAPABILITY [JQ-FILTER]
publish() {
  make_connector "$1" "$2"
  jq --arg c "$3" ".capabilities = [\$c] | ${4:-.}" "$1/connector.manifest.json" >manifest.tmp
  mv manifest.tmp "$1/connector.manifest.json"
  expect 0 "$MKT" publish "$1" --key "$key"
}
# token_of ROLE NAME [TENANT]: the name of a file with a token of it.
token_of() {
  "$MKT" token create --role "$1" --subject "${3:-team}" --name "$2" 2>/dev/null >"$work/$2.token"
  echo "$work/$2.token"
}
as() { local who=$1; shift; "$MKT" --token-file "$work/$who.token" "$@"; }

start_mktd
register acme
export MKT_TENANT=team
for t in "tenant-admin tara" "member bob" "approver alice" "approver carol" "member ci"; do
  token_of $t >/dev/null
done
token_of member eve others >/dev/null
publish tool 1.0.0 custom
publish vault 1.0.0 auth

# Policy: who may set it, what it says, and that every change is kept.
expect 0 as bob policy show
says out "requireApprovalForCapabilities=auth,cloud,database"
expect 4 as bob policy set minApprovals=2
expect 0 as tara policy set minApprovals=2 blockedConnectors='evil-*'
expect 2 as tara policy set minApprovals=0
says err "minApprovals"
expect 2 as tara policy set nonsense=1
expect 0 as tara --json policy show --history
[[ $(jq '.policies | length' out) == 1 ]] || fail "the history of the policy"
# A revision that is no number is no leave to overwrite whatever is there.
for revision in '"0"' 1.5 true '[]'; do
  expect_http 400 invalid_request PUT /v1/tenants/team/policy -H "Authorization: Bearer $(<tara.token)" \
    -d "{\"policy\": {}, \"revision\": $revision}"
done
expect 4 as eve policy show
log_before=$(as tara --json policy show)
expect 0 as bob policy check tool
says out "would be installed"
expect 0 as bob --json policy check vault@1.0.0
[[ $(jq -c '[.outcome, .rule]' out) == '["approval","requireApprovalForCapabilities"]' ]] || fail "the check"
[[ $(as tara --json policy show) == "$log_before" ]] || fail "a check changed something"
expect 0 as bob --json request list
[[ $(jq '.requests | length' out) == 0 ]] || fail "a check made a request"

# No approval is needed: installed, recorded for the tenant, and in the lock.
expect 0 as bob install tool
[[ -f connectors/tool/index.js ]] || fail "tool is not there"
[[ $(jq -r '.connectors[].id' mkt.lock) == tool ]] || fail "mkt.lock: $(<mkt.lock)"

# An approval is needed: the CI job ends with 5 and the request on stdout, every time the same one.
expect 5 as ci install vault
one_line out
request=$(<out)
expect 5 as bob install vault
[[ $(<out) == "$request" ]] || fail "a second request was made"
expect 5 as ci --json install vault
[[ $(jq -r '.requests[0].id' out) == "$request" && $(jq -r .status out) == pending ]] || fail "the JSON"
[[ ! -e connectors/vault ]] || fail "vault was installed without approval"
expect 6 as ci install vault --wait 1s
says err "$request"

# A hundred at the same moment make one.
publish crowd 1.0.0 auth
seq 100 | xargs -P 20 -I{} curl -sS -X POST "$MKT_REGISTRY/v1/tenants/team/installs" \
  -H "Authorization: Bearer $(<bob.token)" -d '{"connectorId": "crowd", "version": "1.0.0"}' \
  -o crowd.{}
[[ $(cat crowd.* | jq -r .requestId | sort -u | wc -l) == 1 ]] || fail "a hundred made several requests"
rm crowd.*

# What an approver sees, and who counts.
expect 0 as alice request show "$request"
for word in "vault@1.0.0" auth "t (READ)" "acme (not verified), active" "asked by     ci"; do says out "$word"; done
expect 4 as bob request approve "$request"
expect 4 as eve request approve "$request"
expect 0 as alice request approve "$request"
says out "1 of 2"
expect 0 as alice request approve "$request"
says out "1 of 2"
as ci install vault --wait 60s >waited 2>waited.err & waiting=$!
expect 0 as carol request approve "$request"
says out "is installed"
wait $waiting || { cat waited.err; fail "the job that waited"; }
[[ -f connectors/vault/index.js ]] || fail "vault is not there"
expect 0 as ci install vault
expect 0 as bob --json request list --status approved --connector vault
[[ $(jq -c '[.requests[].approvals[].approver] | sort' out) == '["alice","carol"]' ]] || fail "the approvals"

# A denial ends the wait, and stands; an approver takes it back.
publish denied 1.0.0 cloud
expect 5 as ci install denied
request=$(<out)
expect 4 as ci request approve "$request"
expect 0 as alice request deny "$request" --reason "use tool instead"
expect 4 as ci install denied --wait 10s
says err "use tool instead"
expect 4 as ci request cancel "$request"
expect 0 as alice request cancel "$request"
expect 5 as ci install denied
[[ $(<out) != "$request" ]] || fail "a cancelled request came back"
request=$(<out)
expect 0 as ci request cancel "$request"
expect 4 as ci request watch "$request"
says err cancelled
expect 2 as ci request watch --every 100ms
says err "at least"

# Nobody approves what they asked for, whichever token they use; unless the policy lets them.
token_of member carol2 >/dev/null
"$MKT" token create --role member --subject team --name alice 2>/dev/null >alice-member.token
publish selfish 1.0.0 auth
expect 5 "$MKT" --token-file alice-member.token install selfish
expect 4 as alice request approve "$(<out)"
says err "somebody else"

# Signed by the approver's own key.
MKT_TOKEN=$token expect 0 "$MKT" key generate --publisher alice --no-passphrase
alice_key=$(head -1 out)
MKT_TOKEN=$token expect 0 "$MKT" publisher register alice --display-name Alice --email a@acme.example --key "$alice_key"
publish signed 1.0.0 auth
expect 5 as ci install signed
request=$(<out)
expect 4 as alice request approve "$request" --key "$key"
says err "not a key of yours"
expect 0 as alice request approve "$request" --key "$alice_key"
expect 0 as bob --json request show "$request"
[[ $(jq -r '.approvals[0].keyId' out) == "$alice_key" ]] || fail "the signature was not kept"
# It can be checked by anybody: the text is in the manual.
jq -j '"mkt install approval v1\n\(.id)\n\(.tenantId)\n\(.connectorId)@\(.version)\n\(.checksum)\n"' out >text
jq -j '.approvals[0].signature' out | base64 -d >text.sig
"$MKT" key export "$alice_key" >alice.pem
openssl pkeyutl -verify -pubin -inkey alice.pem -rawin -in text -sigfile text.sig >/dev/null ||
  fail "openssl does not accept the approval's signature"

# The world changed meanwhile: the approval says why not.
expect 0 env MKT_TOKEN="$token" "$MKT" deprecate signed@1.0.0 --reason "loses data"
expect 4 as carol request approve "$request"
says err "loses data"
expect 0 env MKT_TOKEN="$token" "$MKT" deprecate signed@1.0.0 --undo
expect 0 env MKT_TOKEN="$token" "$MKT" publisher suspend acme --reason "under review"
expect 4 as carol request approve "$request"
says err "under review"
expect 0 as carol request show "$request"
says out "obstacle"
expect 0 env MKT_TOKEN="$token" "$MKT" publisher restore acme
expect 0 as carol request approve "$request"

# Blocked is refused, with the rule that did it.
publish evil-tool 1.0.0 custom
expect 4 as ci install evil-tool
says err "blockedConnectors"

# What the policy refuses now it refuses on a new machine too, though the tenant has it; and what is
# installed is listed as against it.
expect 0 as tara policy set blockedConnectors='evil-*,tool'
expect 4 as ci install tool --root elsewhere
says err "blockedConnectors"
[[ ! -e elsewhere/tool ]] || fail "a blocked connector was installed"
expect 4 as bob audit
says out "against the policy of team: tool is blocked (tool) (blockedConnectors)"
expect 4 as bob --json audit
expect 0 as bob list
says err "tool@1.0.0 is against the policy of team"
expect 0 as bob --json list
[[ $(jq -r '.connectors[]|select(.id=="tool").againstPolicy' out) == "against the policy of team: "* ]] || fail "list: $(<out)"
expect 0 env -u MKT_TENANT "$MKT" list
! grep -q "against" err || fail "without a tenant there is no policy"
expect 0 as tara policy set blockedConnectors='evil-*'
expect 0 as ci install tool --root elsewhere
rm -rf elsewhere
expect 0 as bob audit

# Updates: what asks for nothing more goes through, what asks for more waits.
expect 0 as tara policy set minApprovals=1
publish tool 1.1.0 custom
expect 0 as bob outdated
says out $'tool\t1.0.0\t1.1.0'
expect 0 as bob update tool
[[ $(jq -r .version connectors/tool/connector.manifest.json) == 1.1.0 ]] || fail "tool was not updated"
publish tool 2.0.0 database
expect 5 as bob update
request=$(<out)
expect 0 as alice request show "$request"
says out "+ capability database"
says out "- capability custom"
expect 0 as alice request approve "$request"
expect 0 as bob update
[[ $(jq -r .version connectors/tool/connector.manifest.json) == 2.0.0 ]] || fail "tool was not updated again"
expect_http 200 - GET /v1/tenants/team/installs/tool -H "Authorization: Bearer $(<bob.token)"
[[ $(jq -c '[.history[] | [.action, .version]]' body) == \
  '[["update","2.0.0"],["update","1.1.0"],["install","1.0.0"]]' ]] || fail "the history: $(<body)"

# Dependencies come too, in order; all of them asked for.
publish base 1.2.0 custom
publish middle 1.0.0 auth '.dependencies = {"base": "^1.0.0"}'
publish top 1.0.0 custom '.dependencies = {"middle": "1.x", "base": "<2.0.0"}'
publish base 2.0.0 custom
expect 5 as ci --json install top --root deps/connectors
[[ $(jq -r '.requests[].connectorId' out) == middle ]] || fail "asked for: $(<out)"
expect 0 as alice request approve "$(jq -r '.requests[0].id' out)"
expect 0 as ci --json install top --root deps/connectors
[[ $(jq -c '[.installed[].id]' out) == '["base","middle","top"]' ]] || fail "the order: $(<out)"
[[ $(jq -r .version deps/connectors/base/connector.manifest.json) == 1.2.0 ]] || fail "the range was not kept"
publish ring-a 1.0.0 custom '.dependencies = {"ring-b": "*"}'
publish ring-b 1.0.0 custom '.dependencies = {"ring-a": "*"}'
expect 2 as ci install ring-a
says err "ring-a@1.0.0 → ring-b@1.0.0 → ring-a@1.0.0"
publish picky 1.0.0 custom '.dependencies = {"base": "^2.0.0"}'
expect 8 as ci install top picky --root conflict/connectors
says err "picky@1.0.0 → base"

# Frozen: the same bytes on another machine, or nothing.
cp deps/mkt.lock before.lock
expect 0 as ci install top --root deps/connectors
cmp -s before.lock deps/mkt.lock || fail "the lock is not byte-stable"
mkdir frozen
cp deps/mkt.lock frozen/
expect 0 as ci install --frozen --root frozen/connectors
diff -r -x install-receipt.json deps/connectors frozen/connectors || fail "frozen installed something else"
jq '.connectors[0].checksum = "sha256:" + ("0" * 64)' deps/mkt.lock >frozen/mkt.lock
rm -rf frozen/connectors
expect 4 as ci install --frozen --root frozen/connectors
says err "checksum"
[[ ! -e frozen/connectors/base ]] || fail "other bytes were installed"
expect 4 as ci install --frozen vault --root frozen/connectors
expect 3 as ci install --frozen --root nowhere/connectors

# A file is no matter of the tenant's, and that is said.
expect 0 as ci download tool -o tool.tgz
expect 0 as ci install ./tool.tgz --root files/connectors
says err "the policy of team is not asked"
[[ $(jq 'has("tenant")' files/connectors/tool/install-receipt.json) == false ]] || fail "the receipt names a tenant"
[[ $(jq -r .tenant connectors/tool/install-receipt.json) == team ]] || fail "the receipt names no tenant"

# Uninstalled: here, at the registry, and in the lock. What was approved once comes back as it was,
# and what asks for more has to be approved.
expect 0 as bob uninstall vault
expect_http 200 - GET /v1/tenants/team/installs/vault -H "Authorization: Bearer $(<bob.token)"
[[ $(jq .installation body) == null ]] || fail "vault is installed still"
! grep -q vault mkt.lock || fail "vault is in the lock still"
expect 3 as bob uninstall vault
publish vault 1.0.1 database
expect 5 as bob install vault@1.0.1
expect 0 as bob install vault@1.0.0

# The same Idempotency-Key: the first answer, whatever happened since; another body is refused.
post() { expect_http "$1" "$2" POST /v1/tenants/team/installs -H "Authorization: Bearer $(<bob.token)" -H "Idempotency-Key: $3" -d "$4"; }
publish once 1.0.0 custom
post 201 - key-1 '{"connectorId": "once"}'
cp body first
expect 0 as bob uninstall once
post 201 - key-1 '{"connectorId": "once"}'
cmp -s body first || fail "the retry got another answer"
says headers "Idempotency-Replayed: true"
post 422 idempotency_key_reused key-1 '{"connectorId": "tool"}'
post 200 - key-2 '{"connectorId": "tool"}'
# A token's secret is not kept: asking again says so instead of making another.
create() { expect_http "$1" "$2" POST /v1/tokens -H "Authorization: Bearer $token" -H "Idempotency-Key: t1" -d '{"role": "admin", "name": "x"}'; }
create 201 -
secret=$(jq -er .token body)
create 409 answer_lost
! grep -aqF "$secret" data/mktd.db* || fail "a secret was kept"

# A compromised key denies what waits, and says who has it installed.
expect 5 as ci install crowd
request=$(<out)
expect 0 env MKT_TOKEN="$token" "$MKT" key revoke "$key" --reason-code compromised --reason stolen --dry-run
says out "crowd@1.0.0 was asked for by team: denied"
says out "tool@2.0.0 is installed at team"
expect 0 env MKT_TOKEN="$token" "$MKT" key revoke "$key" --reason-code compromised --reason stolen --yes
expect 4 as ci request watch "$request"
expect 8 as alice request approve "$request"

# All of it is there after a crash.
state() { as bob --json request list --all; curl -sS "$MKT_REGISTRY/v1/tenants/team/installs" -H "Authorization: Bearer $(<bob.token)"; }
before=$(state)
kill -KILL "$daemon"
wait "$daemon" || true
start_mktd
[[ $(state) == "$before" ]] || fail "something was lost"
stop_mktd
