#!/usr/bin/env bash
# Clients of the older registry protocol: JSON publish, X-API-Key, plain-hex checksums, tarballs
# that tar(1) made.
source "$(dirname "$0")/lib.sh"

start_mktd
openssl genpkey -algorithm ed25519 -out own.pem
public_key=$(openssl pkey -in own.pem -pubout -outform DER | tail -c 32 | base64 -w0)
fingerprint=$(openssl pkey -in own.pem -pubout -outform DER | tail -c 32 | sha256sum | cut -d' ' -f1)
expect_http 201 - POST /v1/publishers -H "X-API-Key: $token" -H 'Content-Type: application/json' \
  -d "{\"id\":\"acme\",\"displayName\":\"Acme\",\"email\":\"dev@acme.example\",\"publicKey\":\"$public_key\"}"

# publish_json TARBALL MANIFEST PREFIX: writes ./request; PREFIX stands before the hex that is signed.
request_for() {
  printf '%s%s' "$3" "$(sha256sum "$1" | cut -d' ' -f1)" >signed.txt
  openssl pkeyutl -sign -rawin -inkey own.pem -in signed.txt -out sig.bin
  base64 -w0 "$1" >tarball.b64
  jq -n --slurpfile manifest "$2" --rawfile tarball tarball.b64 --rawfile checksum signed.txt \
    --arg signature "$(base64 -w0 sig.bin)" --arg key "acme:${fingerprint:0:16}" \
    '{manifest: $manifest[0], tarball: $tarball, signature: {version: "1.0", keyId: $key,
      algorithm: "ed25519", checksum: $checksum, signature: $signature,
      signedAt: "2026-01-31T12:00:00.000Z"}}' >request
}
publish() { expect_http "$1" "$2" POST /v1/publish -H "$3" -H 'Content-Type: application/json' -d @request; }

make_connector legacy
for format in ustar gnu posix; do
  sed -i "s/\"version\": \"[^\"]*\"/\"version\": \"1.0.0-$format\"/" legacy/connector.manifest.json
  tar --format="$format" -C legacy -czf "$format.tgz" .
  request_for "$format.tgz" legacy/connector.manifest.json "sha256:"
  publish 201 - "Authorization: Bearer $token"
done
publish 200 - "Authorization: Bearer $token"

sed -i 's/"version": "[^"]*"/"version": "2.0.0"/' legacy/connector.manifest.json
tar -C legacy -czf plain.tgz connector.manifest.json index.js lib
request_for plain.tgz legacy/connector.manifest.json ""
publish 201 - "X-API-Key: $token"

# Read back by the older calls.
expect_http 200 - GET "/v1/search?q=legacy&page=1&pageSize=5&sortBy=downloads&sortOrder=desc"
[[ $(jq -r '[.connectors[0].id, .total, .page, .pageSize, .hasMore] | join(" ")' body) == "legacy 1 1 5 false" ]] || fail "search"
expect_http 200 - GET /v1/connectors/legacy
[[ $(jq -r .latestVersion body) == 2.0.0 ]] || fail "latestVersion"
expect_http 200 - GET /v1/connectors/legacy/latest
[[ $(jq -r '.manifest.id + " " + .version' body) == "legacy 2.0.0" ]] || fail "latest"
[[ $(jq -r .tarballChecksum body) == sha256:$(sha256sum plain.tgz | cut -d' ' -f1) ]] || fail "tarballChecksum"
url=$(jq -r .tarballUrl body)
expect_http 200 - GET "$url"
cmp body plain.tgz || fail "the tarball's bytes"
expect_http 200 - GET /v1/connectors/legacy/2.0.0/signature
[[ $(jq -r .checksum body) == "$(<signed.txt)" ]] || fail "the signature's checksum is not as it was signed"
# mkt installs what they published, plain hex and all.
expect 0 "$MKT" install legacy
expect 0 "$MKT" install legacy@1.0.0-posix --dir posix

# What must not pass.
publish 401 unauthorized "X-API-Key: mkt_000000000000_$(printf '0%.0s' {1..64})"
expect_http 401 unauthorized POST /v1/publish -d @request
jq '.manifest.displayName = "Another"' request >r && mv r request
publish 422 manifest_mismatch "X-API-Key: $token"
jq '.tarball = "@@@"' request >r && mv r request
publish 400 invalid_request "X-API-Key: $token"
printf '{"manifest": {}, "manifest": {}}' >request
publish 400 invalid_json "X-API-Key: $token"
sed -i 's/"2.0.0"/"3.0.0"/; s/"custom"/"no-such"/' legacy/connector.manifest.json
tar -C legacy -czf wrong.tgz .
request_for wrong.tgz legacy/connector.manifest.json "sha256:"
publish 422 manifest_invalid "X-API-Key: $token"
[[ $(jq -r '.details[0].path' body) == "capabilities[0]" ]] || fail "the detail's path"
