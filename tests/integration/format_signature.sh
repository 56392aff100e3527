#!/usr/bin/env bash
# mkt-signature(5): its examples are true by openssl and by mkt, and what a stranger signs by the page
# alone is taken by the registry.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
page=mkt-signature.5

value_of() { example "$page" key | awk -v name="$1" '$1 == name {print $2}'; }
# private_key SEED FILE: RFC 8410's form of a seed.
private_key() { printf '302e020100300506032b657004220420%s' "$1" | perl -ne 'print pack "H*", $_' | openssl pkey -inform DER -out "$2"; }
signed_by_openssl() { openssl pkeyutl -sign -rawin -inkey "$1" -in "$2" | base64 -w0; }

# --- The example key -----------------------------------------------------------------------------------
private_key "$(value_of seed)" private.pem
openssl pkey -in private.pem -pubout -out public.pem
openssl pkey -in private.pem -pubout -outform DER | tail -c 32 >public.raw
cmp public.pem <(example "$page" pem) || fail "the PEM"
[[ $(base64 -w0 public.raw) == "$(value_of public-key)" ]] || fail "public-key"
[[ $(sha256sum public.raw | cut -c1-64) == "$(value_of fingerprint)" ]] || fail "fingerprint"
[[ acme:$(sha256sum public.raw | cut -c1-16) == "$(value_of key-id)" ]] || fail "key-id"
[[ acme:$(base64 -w0 public.raw | tr -d '\n' | sha256sum | cut -c1-8) == "$(value_of older-id)" ]] || fail "older-id"

# --- The example signatures ----------------------------------------------------------------------------
printf abc >abc
for name in signature older-signature; do
  example "$page" "$name" >"$name.json"
  fits "$page" file signature . "$name.json"
  jq -j .checksum "$name.json" >text
  [[ $(sed 's/^sha256://' text) == "$(sha256sum abc | cut -c1-64)" ]] || fail "$name: the checksum is not that of abc"
  [[ $(signed_by_openssl private.pem text) == "$(jq -r .signature "$name.json")" ]] || fail "$name: openssl signs otherwise"
  expect 0 "$MKT" verify abc --signature "$name.json" --public-key public.pem
done
for name in possession endorsement approval; do
  example "$page" "$name" >text
  [[ $(signed_by_openssl private.pem text) == "$(example "$page" "$name-signature")" ]] || fail "$name: openssl signs otherwise"
done

# --- The example key files -----------------------------------------------------------------------------
keys=$XDG_CONFIG_HOME/mkt/keys
file=$keys/$(value_of key-id | tr : -).key
mkdir -p "$keys"
for name in key-file sealed-key-file; do
  example "$page" "$name" >"$file"
  chmod 600 "$file"
  fits "$page" file key . "$file"
  rm -f abc.sig.json
  MKT_KEY_PASSPHRASE="correct horse battery staple" expect 0 "$MKT" sign abc --key "$(value_of key-id)"
  [[ $(jq -r .signature abc.sig.json) == "$(jq -r .signature signature.json)" ]] || fail "$name: mkt signs with another key"
done
MKT_KEY_PASSPHRASE=other expect 4 "$MKT" sign abc --force
chmod 644 "$file"
expect 2 "$MKT" sign abc --force
rm "$file"
# What mkt writes is of these forms.
key=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
fits "$page" file key . "$keys/${key/:/-}.key"
rm "$keys/${key/:/-}.key"
sealed=$(MKT_KEY_PASSPHRASE=secret "$MKT" key generate --publisher acme 2>/dev/null)
fits "$page" file key . "$keys/${sealed/:/-}.key"
[[ $(jq -c '.protection | [.opsLimit, .memLimit]' "$keys/${sealed/:/-}.key") == "[3,268435456]" ]] || fail "what mkt derives with"
rm "$keys/${sealed/:/-}.key"

# --- A stranger: openssl, jq and curl, by the page's own commands ---------------------------------------
start_mktd
admin=(-H "Authorization: Bearer $token")
REGISTRY=$MKT_REGISTRY TOKEN=$token
expect_http 201 - POST /v1/publishers "${admin[@]}" -d "$(jq -n --arg key "$(value_of public-key)" \
  '{id: "acme", displayName: "Acme", email: "dev@acme.example", publicKey: $key}')"
[[ $(jq -r '.keys[0].keyId' body) == "$(value_of key-id)" ]] || fail "the registry's key id"
[[ $(jq -r '.keys[0].aliases[0]' body) == "$(value_of older-id)" ]] || fail "the registry's older id"
# The publisher's own token needs a proof.
TOKEN=$(curl -sS "${admin[@]}" -d '{"role": "publisher", "subject": "acme", "name": "ci"}' "$REGISTRY/v1/tokens" | jq -r .token)
mv private.pem one.pem
openssl genpkey -algorithm ed25519 -out private.pem
eval "$(block "$page" example register)" >body
jq -e '.status == "active"' body >/dev/null || { cat body >&2; fail "the page's commands register no key"; }
second=$(jq -r .keyId body)

make_connector hello
tar -C hello --format=ustar -czf hello-1.0.0.tgz connector.manifest.json index.js lib
eval "$(block "$page" example sign)"
fits "$page" file signature . hello-1.0.0.tgz.sig.json
[[ $(jq -r .keyId hello-1.0.0.tgz.sig.json) == "$second" ]] || fail "the page's commands name another key"
cp public.pem key.pem
! eval "$(block "$page" example check)" >out 2>&1 || fail "another key's signature is good"
openssl pkey -in private.pem -pubout -out key.pem
eval "$(block "$page" example check)" >out || fail "the page's commands do not verify"
says out "$(sed 's/^sha256://' checksum.txt)"
expect_http 201 - PUT /v1/connectors/hello/1.0.0 -H "Authorization: Bearer $TOKEN" \
  -H "Mkt-Signature: $(base64 -w0 hello-1.0.0.tgz.sig.json)" --data-binary @hello-1.0.0.tgz
expect 0 "$MKT" verify hello-1.0.0.tgz
expect_http 200 - GET /v1/connectors/hello/1.0.0/signature
[[ $(jq -S . body) == "$(jq -S . hello-1.0.0.tgz.sig.json)" ]] || fail "the file does not come back as it was sent"

# An endorsement by the first key of a third one.
private_key 4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb two.pem
openssl pkey -in two.pem -pubout -outform DER | tail -c 32 >two.raw
[[ $(example "$page" endorsement | tail -n 1) == "$(sha256sum two.raw | cut -c1-64)" ]] || fail "the endorsed key of the page"
challenge=$(curl -sS -X POST "$REGISTRY/v1/publishers/acme/challenges" | jq -r .challenge)
printf 'mkt key possession v1\nacme\n%s\n%s\n' "$(sha256sum two.raw | cut -c1-64)" "$challenge" >text
jq -n --arg key "$(base64 -w0 two.raw)" --arg challenge "$challenge" --arg proof "$(signed_by_openssl two.pem text)" \
  --arg by "$(value_of key-id)" --arg endorsement "$(example "$page" endorsement-signature)" \
  '{publicKey: $key, proof: {challenge: $challenge, signature: $proof}, endorsement: {by: $by, signature: $endorsement}}' >request
expect_http 201 - POST /v1/publishers/acme/keys -H "Authorization: Bearer $TOKEN" -d @request
[[ $(jq -r .endorsement body) == "$(example "$page" endorsement-signature)" ]] || fail "the endorsement is not kept"

# An approval, signed by the approver's own publisher key.
as_role() { curl -sS "${admin[@]}" -d "{\"role\": \"$1\", \"subject\": \"team\", \"name\": \"$2\"}" "$REGISTRY/v1/tokens" | jq -r .token; }
member=$(as_role member bob) approver=$(as_role approver acme)
expect_http 200 - PUT /v1/tenants/team/policy "${admin[@]}" -d '{"policy": {"requireApprovalForAll": true}}'
expect_http 202 - POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId": "hello", "version": "1.0.0"}'
jq -j '.request | "mkt install approval v1\n\(.id)\n\(.tenantId)\n\(.connectorId)@\(.version)\n\(.checksum)\n"' body >text
[[ $(sed -E 's/[0-9a-f]{64}/Y/; s/[0-9a-f]{28}/X/' text) == "$(example "$page" approval | sed -E 's/[0-9a-f]{64}/Y/; s/[0-9a-f]{28}/X/')" ]] ||
  fail "the approval's lines are not the page's: $(<text)"
id=$(jq -r .requestId body)
jq -n --arg key "$(value_of key-id)" --arg signature "$(signed_by_openssl one.pem text)" '{signature: {keyId: $key, signature: $signature}}' >request
expect_http 200 - POST "/v1/tenants/team/install-requests/$id/approve" -H "Authorization: Bearer $approver" -d @request
jq -e '.status == "approved" and .approvals[0].signature != null' body >/dev/null || fail "a signed approval: $(<body)"

# --- Refusals ------------------------------------------------------------------------------------------
# refused STATUS CODE JQ: the signature file, changed so, is refused.
refused() {
  jq "$3" hello-1.0.0.tgz.sig.json >changed.json
  expect_http "$1" "$2" PUT /v1/connectors/hello/1.0.0 "${admin[@]}" -H "Mkt-Signature: $(base64 -w0 changed.json)" \
    --data-binary @hello-1.0.0.tgz
}
refused 400 signature_version_unknown '.version = "1.1"'
refused 400 signature_version_unknown '.version = 2'
refused 400 signature_malformed '.version = true'
refused 400 signature_algorithm_unknown '.algorithm = "rsa"'
refused 400 signature_malformed '.checksum |= ascii_upcase'
refused 400 signature_malformed '.signature |= .[:-4]'
refused 400 signature_malformed '.signedAt = "yesterday"'
refused 400 signature_malformed '.keyId = ""'
refused 400 signature_malformed '.padding = ("x" * 4096)'
refused 422 signature_in_future '.signedAt = "2999-01-01T00:00:00Z"'
refused 422 signature_invalid '.checksum |= ltrimstr("sha256:")'
refused 422 checksum_mismatch '.checksum = "sha256:" + ("0" * 64)'
refused 403 key_unknown '.keyId = "acme:0000000000000000"'
for member in version keyId algorithm checksum signature signedAt; do refused 400 signature_malformed "del(.$member)"; done
# Another member is ignored, and not kept.
refused 200 - '.note = "x"'
expect_http 200 - GET /v1/connectors/hello/1.0.0/signature
jq -e 'has("note") | not' body >/dev/null || fail "an unknown member is kept"
