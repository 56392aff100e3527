#!/usr/bin/env bash
# A connector that is visible to some tenants does not exist for anybody else: every caller with every
# route, with reads for anyone and with reads for tokens. Its owner shows and hides it.
source "$(dirname "$0")/lib.sh"

start_mktd
export MKT_TOKEN=$token
register maker
make_connector tool
expect 0 "$MKT" publish tool
make_connector secret
jq '.displayName = "The zebra" | .description = "zebra stripes" | .keywords = ["zebra"]' secret/connector.manifest.json >m
mv m secret/connector.manifest.json
expect 2 "$MKT" publish secret --visibility nobody
expect 0 "$MKT" publish secret --visibility tenants:acme
expect 0 "$MKT" publish secret --visibility tenants:acme
expect 8 "$MKT" publish secret --visibility everyone
rivals=$("$MKT" key generate --publisher rival --no-passphrase 2>/dev/null)
expect 0 "$MKT" publisher register rival --display-name Rival --email r@rival.example --key "$rivals"
# A request that waits while the tenant sees it.
expect 0 "$MKT" --tenant acme policy set requireApprovalForAll=true

made() { "$MKT" token create --name "$1" --role "${@:2}" 2>/dev/null; }
{
  echo "nobody - blind"
  echo "admin $token sees"
  echo "owner $(made o publisher --subject maker) sees"
  echo "rival $(made r publisher --subject rival) blind"
  for role in member approver tenant-admin; do
    echo "$role-in $(made "$role" "$role" --subject acme) sees"
    echo "$role-out $(made "$role" "$role" --subject beta) blind"
  done
  echo "reader-in $(made ri member --subject acme --read) sees"
  echo "reader-out $(made ro member --subject beta --read) blind"
  echo "other-only $(made oo member --subject beta --connector tool) blind"
} >callers
token_of() { awk -v name="$1" '$1 == name {print $2}' callers; }
python3 "$SOURCE/tests/integration/visibility_table.py" "$MKT_REGISTRY" callers >table || fail "$(tail -n 5 table)"
says table '/v1/search'

# The same after what everyone sees was kept for the next one who asks.
for i in 1 2 3; do curl -sSf -o /dev/null "$MKT_REGISTRY/v1/search?q=zebra"; done
MKT_TOKEN=$(token_of member-in) expect 0 "$MKT" search zebra
says out secret
MKT_TOKEN=$(token_of member-in) expect 0 "$MKT" info secret
says out 'visible to    tenants:acme'
MKT_TOKEN=$(token_of member-out) expect 0 "$MKT" search zebra
! grep -q secret out || fail "a search shows it: $(<out)"
MKT_TOKEN=$(token_of member-out) expect 3 "$MKT" info secret

# Its owner shows it to everyone, and takes that back: what was kept meanwhile is not sent any more.
MKT_TOKEN=$(token_of rival) expect 3 "$MKT" visibility secret everyone
MKT_TOKEN=$(token_of member-in) expect 4 "$MKT" visibility secret everyone
MKT_TOKEN=$(token_of owner) expect 0 "$MKT" visibility secret everyone
for i in 1 2 3; do
  for path in '' /1.0.0 /latest /1.0.0/signature /1.0.0/tarball; do expect_http 200 - GET "/v1/connectors/secret$path"; done
done
MKT_TOKEN=$(token_of owner) expect 0 "$MKT" visibility secret tenants:acme,gamma
for path in '' /1.0.0 /latest /1.0.0/signature /1.0.0/tarball /owners /dependants; do
  expect_http 404 connector_not_found GET "/v1/connectors/secret$path"
done
expect 0 "$MKT" visibility secret
says out 'secret is visible to tenants:acme,gamma'
expect 0 "$MKT" log
says out 'tenants:acme,gamma'

# A request that waits is not approved once its tenant sees it no more; what is installed stays.
MKT_TOKEN=$(token_of member-in) expect 5 "$MKT" --tenant acme install secret
request=$(sed -nE 's/.*(req_[0-9a-f]+).*/\1/p' out err | head -n 1)
MKT_TOKEN=$(token_of owner) expect 0 "$MKT" visibility secret tenants:gamma
MKT_TOKEN=$(token_of approver-in) expect 3 "$MKT" --tenant acme request approve "$request"
# Nor is it told what happens to the version meanwhile; an admin is.
MKT_TOKEN=$(token_of owner) expect 0 "$MKT" deprecate secret@1.0.0 --reason 'of gamma'
review_of() { curl -sS -H "Authorization: Bearer $(token_of "$1")" "$MKT_REGISTRY/v1/tenants/acme/install-requests/$request"; }
[[ $(review_of member-in | jq .review.deprecated) == false && $(review_of admin | jq .review.deprecated) == true ]] ||
  fail "the review tells of what is hidden: $(review_of member-in)"
MKT_TOKEN=$(token_of owner) expect 0 "$MKT" deprecate secret@1.0.0 --undo
MKT_TOKEN=$(token_of owner) expect 0 "$MKT" visibility secret tenants:acme
MKT_TOKEN=$(token_of approver-in) expect 0 "$MKT" --tenant acme request approve "$request"
MKT_TOKEN=$(token_of owner) expect 0 "$MKT" visibility secret tenants:gamma
MKT_TOKEN=$(token_of member-in) expect_http 200 - GET /v1/tenants/acme/installs -H "Authorization: Bearer $(token_of member-in)"
jq -e '.installations | map(.connectorId) == ["secret"]' body >/dev/null || fail "what is installed is gone: $(<body)"
expect 0 "$MKT" visibility secret tenants:acme

# With reads for tokens only, and after a restart.
stop_mktd
printf 'reads = "token"\n' >mktd.conf
start_mktd --config mktd.conf
sed -i '/^nobody /d' callers
python3 "$SOURCE/tests/integration/visibility_table.py" "$MKT_REGISTRY" callers >table || fail "$(tail -n 5 table)"
