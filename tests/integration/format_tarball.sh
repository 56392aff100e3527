#!/usr/bin/env bash
# connector.tarball(5): another packer writes the bytes that the page promises, GNU tar's are published
# with openssl's signature by curl alone, and what the page says is refused is refused.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
page=connector.tarball.5
tarball_of() { perl "$SOURCE/tests/integration/format_tarball.pl" "$SOURCE/man/$page" "$@"; }

# --- The example connector, as mkt packs it ------------------------------------------------------------
eval "$(block "$page" example source)"
expect 0 "$MKT" pack hello -o packed.tgz
cmp <(TZ=UTC tar --numeric-owner -tvf packed.tgz) <(block "$page" example listing) || fail "tar lists it otherwise"
cmp <(tar -xzOf packed.tgz connector.manifest.json | tail -n 3) <(example "$page" packed-manifest) || fail "the manifest's end"

# --- Another packer, by the page, makes the same bytes --------------------------------------------------
same_bytes() {
  tarball_of pack "$1" >own.tgz
  expect 0 "$MKT" pack "$1" -o packed.tgz
  cmp own.tgz packed.tgz || fail "$1: other bytes than by the page"
}
same_bytes hello
chmod +x hello/index.js
same_bytes hello
# A long path, a checksum to be set right, and several blocks of the compression.
deep=hello/lib/$(printf 'd%.0s' {1..60})/$(printf 'e%.0s' {1..50})
mkdir -p "$deep/empty"
echo long >"$deep/$(printf 'f%.0s' {1..40}).txt"
sed -i 's/"license"/"checksum": "sha256:'"$(printf '0%.0s' {1..64})"'",\n  "license"/' hello/connector.manifest.json
for size in 100000 300000; do
  perl -e 'srand 1; print map { ("a" .. "h")[rand 8] } 1 .. shift' "$size" >hello/noise.txt
  same_bytes hello
done
# 655360 is a multiple of what tar(1) pads to and of a block of the compression.
unpacked=$(gzip -dc packed.tgz | wc -c)
perl -e 'print "x" x shift' $((655360 - unpacked)) >>hello/noise.txt
same_bytes hello
[[ $(gzip -dc packed.tgz | wc -c) == 655360 ]] || fail "the archive does not end with a block"
rm -r hello

# --- GNU tar, openssl, jq and curl ----------------------------------------------------------------------
eval "$(block "$page" example source)"
start_mktd
REGISTRY=$MKT_REGISTRY TOKEN=$token
openssl genpkey -algorithm ed25519 -out private.pem
curl -sS -H "Authorization: Bearer $token" "$REGISTRY/v1/publishers" -o body -d "$(jq -n \
  --arg key "$(openssl pkey -in private.pem -pubout -outform DER | tail -c 32 | base64 -w0)" \
  '{id: "acme", displayName: "Acme", email: "dev@acme.example", publicKey: $key}')"
eval "$(block "$page" example pack)"
mv hello-1.0.0.tgz first.tgz
touch -d 2020-01-01 hello/index.js
eval "$(block "$page" example pack)"
cmp first.tgz hello-1.0.0.tgz || fail "GNU tar's bytes are not the same twice"
eval "$(block mkt-signature.5 example sign)"
eval "$(block "$page" example publish)" >body
jq -e '.success == true and .id == "hello"' body >/dev/null || fail "publish: $(<body)"
eval "$(block "$page" example publish-json)" >body
jq -e '.success == true and .connectorId == "hello"' body >/dev/null || fail "publish-json: $(<body)"
rm hello-1.0.0.tgz
eval "$(block "$page" example install)"
diff -r hello installed || fail "what was installed without mkt"
expect 0 "$MKT" install hello
diff -r hello connectors/hello --exclude install-receipt.json || fail "what mkt installed"

# --- What is refused ------------------------------------------------------------------------------------
key_id=$(jq -r .keyId hello-1.0.0.tgz.sig.json)
# published STATUS CODE TARBALL: as the version that is there already, with a good signature.
published() {
  local checksum
  checksum=sha256:$(sha256sum "$3" | cut -c1-64)
  printf %s "$checksum" >checksum.txt
  signature=$(openssl pkeyutl -sign -rawin -inkey private.pem -in checksum.txt | base64 -w0)
  expect_http "$1" "$2" PUT /v1/connectors/hello/1.0.0 -H "Authorization: Bearer $token" --data-binary "@$3" -H "Mkt-Signature: $(
    printf '{"version":"1.0","keyId":"%s","algorithm":"ed25519","checksum":"%s","signature":"%s","signedAt":"2026-01-31T12:00:00Z"}' \
      "$key_id" "$checksum" "$signature" | base64 -w0)"
}
mkdir faults refused accepted
tarball_of faults faults
block mkt-protocol.7 example errors >statuses
seen=0
while read -r fault code _; do
  published "$(awk -v code="$code" '$1 == code {print $2}' statuses)" "$code" "faults/$fault"
  seen=$((seen + 1))
done < <(block "$page" example faults)
((seen > 25)) || fail "only $seen faults"
tarball_of names refused-names refused
for tarball in refused/*; do published 422 archive_unsafe "$tarball"; done
[[ $(ls refused | wc -l) == "$(block "$page" example refused-names | wc -l)" ]] || fail "not every refused name"
# What is taken has other bytes than the version that is there: all else of it is in order.
tarball_of names accepted-names accepted
for tarball in accepted/* faults/sound; do published 409 version_exists "$tarball"; done
[[ $(ls accepted | wc -l) == "$(block "$page" example accepted-names | wc -l)" ]] || fail "not every accepted name"
