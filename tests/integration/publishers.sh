#!/usr/bin/env bash
# Publishers, owners and keys: who may what, and each refusal's own code.
source "$(dirname "$0")/lib.sh"

put() { # STATUS CODE CONNECTOR VERSION [TOKEN]
  expect_http "$1" "$2" PUT "/v1/connectors/$3/$4" -H "Authorization: Bearer ${5:-$token}" \
    -H "Mkt-Signature: $(base64 -w0 "$3.tgz.sig.json")" --data-binary @"$3.tgz"
}
pack() { # CONNECTOR VERSION KEY
  make_connector "$1" "$2"
  expect 0 "$MKT" pack "$1" -o "$1.tgz"
  expect 0 "$MKT" sign "$1.tgz" --key "$3"
}

# Open registration: proof of possession, and a token of one's own.
start_mktd --registration open
own_key=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
mv data/admin.token admin.token # the CLI must not help itself to it
expect 0 "$MKT" publisher register acme --display-name Acme --email dev@acme.example --key "$own_key"
says err "logged in at"
expect 0 "$MKT" whoami
says out "publisher of acme"
pack tool 1.0.0 "$own_key"
expect 0 "$MKT" publish tool.tgz
acme_token=$(jq -r '.[]' "$XDG_CONFIG_HOME/mkt/credentials.json")
public=$("$MKT" key export "$own_key" --format base64)
expect_http 403 key_proof_invalid POST /v1/publishers -H 'Content-Type: application/json' \
  -d "{\"id\":\"thief\",\"displayName\":\"T\",\"email\":\"t@acme.example\",\"publicKey\":\"$public\"}"
challenge=$(curl -sS -X POST "$MKT_REGISTRY/v1/publishers/thief/challenges" | jq -r .challenge)
expect_http 403 key_proof_invalid POST /v1/publishers -H 'Content-Type: application/json' \
  -d "{\"id\":\"thief\",\"displayName\":\"T\",\"email\":\"t@acme.example\",\"publicKey\":\"$public\",
       \"proof\":{\"challenge\":\"$challenge\",\"signature\":\"$(head -c 64 /dev/zero | base64 -w0)\"}}"
# Keys that no honest publisher has.
for weak in "$(head -c 32 /dev/zero | base64)" "$( (printf '\1'; head -c 31 /dev/zero) | base64)"; do
  expect_http 422 key_invalid POST /v1/publishers -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' \
    -d "{\"id\":\"weak\",\"displayName\":\"W\",\"email\":\"w@acme.example\",\"publicKey\":\"$weak\"}"
done
# The same key by another publisher.
expect_http 409 key_exists POST /v1/publishers -H "Authorization: Bearer $token" \
  -H 'Content-Type: application/json' \
  -d "{\"id\":\"copycat\",\"displayName\":\"C\",\"email\":\"c@acme.example\",\"publicKey\":\"$public\"}"
stop_mktd

# By admins only, where that is not open.
cp admin.token data/admin.token
start_mktd
rm data/admin.token "$XDG_CONFIG_HOME/mkt/credentials.json"
expect 4 "$MKT" publisher register later --display-name L --email l@acme.example --key "$("$MKT" key generate --publisher later --no-passphrase 2>/dev/null)"

# Each refusal of a signature has its own code.
export MKT_TOKEN=$token
later=$("$MKT" key list --json | jq -r '.keys[] | select(.publisherId == "later").keyId')
pack tool 1.1.0 "$later"
put 403 key_unknown tool 1.1.0
expect 0 "$MKT" publisher register later --display-name L --email l@acme.example --key "$later"
put 403 not_owner tool 1.1.0
put 403 key_foreign tool 1.1.0 "$acme_token"
pack tool 1.1.0 "$own_key"
jq '.signedAt = "2999-01-01T00:00:00Z"' tool.tgz.sig.json >s && mv s tool.tgz.sig.json
put 422 signature_in_future tool 1.1.0
pack tool 1.1.0 "$own_key"
jq '.signature = .signature[0:40]' tool.tgz.sig.json >s && mv s tool.tgz.sig.json
put 400 signature_malformed tool 1.1.0
short=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
add_expired "$short"
pack tool 1.1.0 "$short"
put 403 key_expired tool 1.1.0

pack tool 1.1.0 "$own_key"
expect 2 "$MKT" publisher suspend acme
expect 0 "$MKT" publisher suspend acme --reason "under review"
put 403 publisher_suspended tool 1.1.0
expect_http 200 - GET /v1/connectors/tool/1.0.0/tarball
expect 0 "$MKT" publisher ban acme --reason "malware"
put 403 publisher_banned tool 1.1.0
expect 0 "$MKT" publisher show acme
says out "malware"
expect 0 "$MKT" publisher restore acme
put 201 - tool 1.1.0
expect 0 "$MKT" --json publisher verify acme
[[ $(jq .verified out) == true ]] || fail "acme is not verified"
MKT_TOKEN=$acme_token expect 4 "$MKT" publisher verify acme
expect 0 "$MKT" publisher verify acme --undo

# Owners.
expect 0 "$MKT" --json owner list tool
[[ $(jq -c '[.owners[].publisherId]' out) == '["acme"]' ]] || fail "the owners are $(<out)"
pack tool 1.2.0 "$later"
put 403 not_owner tool 1.2.0
MKT_TOKEN=$acme_token expect 0 "$MKT" owner add tool later
put 201 - tool 1.2.0
expect 3 "$MKT" owner add tool nobody
expect 3 "$MKT" owner add nothing later
MKT_TOKEN=$acme_token expect 0 "$MKT" owner remove tool acme
expect 8 "$MKT" owner remove tool later
says err "last"
pack tool 1.3.0 "$own_key"
put 403 not_owner tool 1.3.0
MKT_TOKEN=$acme_token expect 4 "$MKT" owner add tool acme

# A publisher revokes its own keys, not another's.
MKT_TOKEN=$acme_token expect 4 "$MKT" key revoke "$later" --reason-code cessation --reason x --yes
MKT_TOKEN=$acme_token expect 0 "$MKT" key revoke "$short" --reason-code cessation --reason "gone" --yes
MKT_TOKEN=$acme_token expect 3 "$MKT" key revoke acme:0000000000000000 --reason-code cessation --reason x --yes
MKT_TOKEN=$acme_token expect 4 "$MKT" log

# A token is for one registry, and in no list of processes.
export MKT_REGISTRY
expect 4 "$MKT" --registry http://127.0.0.1:1 token list
says err "was not sent to http://127.0.0.1:1"
! grep -q "$token" err out mktd.log || fail "the token was told"
stop_mktd
