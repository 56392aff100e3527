#!/usr/bin/env bash
# Clients of the older registry protocol, both dialects: what they send is taken, and what they look
# for in an answer is there. The expectations are the protocol's, field by field; keys are openssl's,
# tarballs tar(1)'s.
source "$(dirname "$0")/lib.sh"

start_mktd

# holds WHAT JQ: the expression is true of ./body.
holds() {
  jq -e "$2" body >/dev/null || { cat body >&2; fail "$1: $2"; }
}
is_time='test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$")'
# No member anywhere is null: the older schemas refuse it.
no_null='[paths(. == null)] == []'
json=(-H 'Content-Type: application/json')
key_header=(-H "X-API-Key: $token")

# make_key NAME: NAME.pem; sets public_key (base64 of 32 bytes), older (8 digits), own (16 digits).
make_key() {
  openssl genpkey -algorithm ed25519 -out "$1.pem"
  openssl pkey -in "$1.pem" -pubout -outform DER | tail -c 32 >"$1.raw"
  public_key=$(base64 -w0 "$1.raw")
  older=$(printf %s "$public_key" | sha256sum | cut -c1-8)
  own=$(sha256sum "$1.raw" | cut -c1-16)
}

# sign KEY TARBALL VERSION-JSON PREFIX KEYID: writes ./signature.json; PREFIX stands before the hex.
sign() {
  printf '%s%s' "$4" "$(sha256sum "$2" | cut -d' ' -f1)" >signed.txt
  openssl pkeyutl -sign -rawin -inkey "$1.pem" -in signed.txt -out sig.bin
  jq -n --argjson version "$3" --arg key "$5" --rawfile checksum signed.txt \
    --arg signature "$(base64 -w0 sig.bin)" \
    '{version: $version, keyId: $key, algorithm: "ed25519", checksum: $checksum,
      signature: $signature, signedAt: "2026-01-31T12:00:00.000Z"}' >signature.json
}

# request MANIFEST TARBALL: writes ./request.
request() {
  base64 -w0 "$2" >tarball.b64
  jq -n --slurpfile manifest "$1" --rawfile tarball tarball.b64 --slurpfile signature signature.json \
    '{manifest: $manifest[0], tarball: $tarball, signature: $signature[0]}' >request
}
publish() { expect_http "$1" "$2" POST /v1/publish "${key_header[@]}" "${json[@]}" -d @request; }

# pack_version VERSION: ./t.tgz of ./legacy at that version.
pack_version() {
  sed -i "s/\"version\": \"[^\"]*\"/\"version\": \"$1\"/" legacy/connector.manifest.json
  tar -C legacy -czf t.tgz connector.manifest.json index.js lib
}

# --- Keys: the ids that publishers have had all along ---------------------------------------------
make_key one
older_id=acme:$older own_id=acme:$own
expect_http 201 - POST /v1/publishers "${key_header[@]}" "${json[@]}" -d "$(jq -n --arg key "$public_key" \
  '{id: "acme", displayName: "Acme", email: "dev@acme.example", publicKey: $key, keyId: "acme-2025"}')"
make_key two
expect_http 409 key_exists POST /v1/publishers/acme/keys "${key_header[@]}" "${json[@]}" \
  -d "$(jq -n --arg key "$public_key" '{publicKey: $key, keyId: "acme-2025"}')"
expect_http 201 - POST /v1/publishers/acme/keys "${key_header[@]}" "${json[@]}" \
  -d "$(jq -n --arg key "$public_key" '{publicKey: $key, keyId: "acme/ci: key 2"}')"
second_own=acme:$own
# The form of a key's own id belongs to that key alone.
make_key three
expect_http 400 invalid_request POST /v1/publishers/acme/keys "${key_header[@]}" "${json[@]}" \
  -d "$(jq -n --arg key "$public_key" --arg id "$own_id" '{publicKey: $key, keyId: $id}')"
expect_http 400 invalid_request POST /v1/publishers/acme/keys "${key_header[@]}" "${json[@]}" \
  -d "$(jq -n --arg key "$public_key" --arg id "$older_id" '{publicKey: $key, keyId: $id}')"
for bad in "" " x" "$(printf 'a\tb')" "$(printf 'k%.0s' {1..129})"; do
  expect_http 422 invalid_input POST /v1/publishers/acme/keys "${key_header[@]}" "${json[@]}" \
    -d "$(jq -n --arg key "$public_key" --arg id "$bad" '{publicKey: $key, keyId: $id}')"
done
expect_http 200 - GET /v1/keys
holds "aliases are listed" ".keys | map(select(.keyId == \"$own_id\"))[0].aliases == [\"acme-2025\", \"$older_id\"]"
holds "absent members are left out" "$no_null"

# --- Publishing, in every dialect -----------------------------------------------------------------
make_connector legacy
n=0
for version in '"1.0"' 1 '"1"'; do
  for prefix in sha256: ""; do
    for key_id in acme-2025 "$older_id" "$own_id"; do
      n=$((n + 1))
      pack_version "1.0.$n"
      sign one t.tgz "$version" "$prefix" "$key_id"
      request legacy/connector.manifest.json t.tgz
      for status in 201 200; do
        publish "$status" -
        holds "success" '.success == true'
        holds "connectorId, version" ".connectorId == \"legacy\" and .version == \"1.0.$n\""
        holds "checksum in the form of the request" ".checksum == \"$(<signed.txt)\""
        holds "tarballUrl holds id and version" '.tarballUrl | test("legacy") and test("1\\.0\\.'$n'")'
        holds "no warnings where there are none" 'has("warnings") | not'
        holds "no null" "$no_null"
      done
      expect_http 200 - GET "/v1/connectors/legacy/1.0.$n/signature"
      [[ $(jq -Sc . body) == "$(jq -Sc . signature.json)" ]] || { cat body >&2; fail "the signature file is not as it came"; }
      expect_http 200 - GET "/v1/connectors/legacy/1.0.$n"
      holds "signingKeyId as it came" ".signingKeyId == \"$key_id\" and .keyId == \"$own_id\""
      holds "tarballChecksum always with its name" \
        ".tarballChecksum == \"sha256:$(sha256sum t.tgz | cut -d' ' -f1)\""
    done
  done
done
# mkt installs what they published, whatever the key is called.
expect 0 "$MKT" install legacy@1.0.1
expect 0 "$MKT" install legacy@1.0.8 --dir other
expect 0 "$MKT" verify other

# A payload is kept and given back.
pack_version 1.1.0
sign two t.tgz 1 "" "acme/ci: key 2"
jq '.payload = "anything"' signature.json >s && mv s signature.json
request legacy/connector.manifest.json t.tgz
publish 201 -
expect_http 200 - GET /v1/connectors/legacy/1.1.0/signature
holds "payload" '.payload == "anything" and .version == 1'
for format in ustar gnu posix; do
  sed -i "s/\"version\": \"[^\"]*\"/\"version\": \"1.2.0-$format\"/" legacy/connector.manifest.json
  tar --format="$format" -C legacy -czf t.tgz .
  sign one t.tgz '"1.0"' sha256: acme-2025
  request legacy/connector.manifest.json t.tgz
  publish 201 -
done
# The owner signs a version of the gateway's dialect again, with the same key, for the older CLI.
expect_http 200 - GET /v1/connectors/legacy/1.1.0/tarball
mv body t.tgz
sign two t.tgz '"1.0"' sha256: "acme/ci: key 2"
expect_http 200 - PUT /v1/connectors/legacy/1.1.0/signature "${key_header[@]}" "${json[@]}" -d @signature.json
expect_http 200 - GET /v1/connectors/legacy/1.1.0/signature
holds "signed again" '.version == "1.0" and (.checksum | startswith("sha256:"))'

# --- Manifests that older registries took -----------------------------------------------------------
mkdir -p bare
jq -n '{id: "bare", version: "1.0.0", displayName: "Bare", capabilities: ["vcs", "teleport"], extra: [1]}' \
  >bare/connector.manifest.json
tar -C bare -czf t.tgz connector.manifest.json
sign one t.tgz '"1.0"' sha256: acme-2025
request bare/connector.manifest.json t.tgz
publish 201 -
holds "warnings are sentences" '.warnings | length > 0 and all(type == "string")'
expect_http 200 - GET /v1/connectors/bare
holds "an author there is always" '.author == "unknown" and .description == "" and .license == ""'
holds "unknown capabilities are kept" '.capabilities == ["vcs", "teleport"]'
expect_http 200 - GET /v1/connectors/bare/latest
holds "the manifest as it came" '.manifest.extra == [1]'
expect 0 "$MKT" install bare --dir bare-installed
# By PUT, which is mkt's own way, a manifest has what is asked for today.
sed -i 's/1.0.0/1.0.1/' bare/connector.manifest.json
tar -C bare -czf t.tgz connector.manifest.json
sign one t.tgz '"1.0"' sha256: acme-2025
expect_http 422 manifest_invalid PUT /v1/connectors/bare/1.0.1 "${key_header[@]}" \
  -H "Mkt-Signature: $(base64 -w0 signature.json)" --data-binary @t.tgz
# A policy cannot judge what does not say what it may do: people are asked.
expect_http 202 - POST /v1/tenants/team/installs "${key_header[@]}" "${json[@]}" \
  -d '{"connectorId": "bare", "version": "1.0.0"}'

# --- Reading ---------------------------------------------------------------------------------------
expect_http 200 - GET "/v1/search?q=legacy" -H 'Accept: application/json'
holds "search" '.total == 1 and .page == 1 and .pageSize == 20 and (.connectors | length) == 1'
holds "an entry's fields" ".connectors[0] | (.id == \"legacy\") and (.latestVersion == \"1.1.0\")
  and ([.displayName, .description, .author] | all(type == \"string\"))
  and (.capabilities | type == \"array\") and (.downloads | type == \"number\") and (.updatedAt | $is_time)"
expect_http 200 - GET /v1/connectors/legacy
holds "versions are strings, newest first" \
  '(.versions | all(type == "string")) and .versions[0] == "1.2.0-posix" and .versions[-1] == "1.0.1"'
holds "totalDownloads" '(.totalDownloads | type) == "number" and .totalDownloads == .downloads'
holds "times" "(.createdAt | $is_time) and (.updatedAt | $is_time)"
holds "license, latest" '.license == "Apache-2.0" and .latestVersion == "1.1.0"'
holds "no URLs where the manifest has none" '(has("repositoryUrl") or has("documentationUrl")) | not'
holds "mkt's own members" '.owner == "acme" and (.versionDetails | length) == (.versions | length)'
holds "no null" "$no_null"
# An mkt of the release before finds the list where it looks for it; a kept answer is not mixed up.
for i in 1 2; do
  expect_http 200 - GET /v1/connectors/legacy -H 'User-Agent: mkt/0.1.0'
  holds "versions as mkt 0.1 reads them" '.versions | all(type == "object")'
  expect_http 200 - GET /v1/connectors/legacy
  holds "versions" '.versions | all(type == "string")'
done

expect_http 200 - GET /v1/connectors/legacy/1.0.1
holds "a version's fields" "(.id == \"legacy\") and (.version == \"1.0.1\") and (.manifest | type == \"object\")
  and ([.tarballUrl, .tarballChecksum, .signatureUrl] | all(type == \"string\"))
  and (.publishedAt | $is_time) and (.downloads | type == \"number\") and .deprecated == false"
holds "no null" "$no_null"
holds "no reason where it is not deprecated" 'has("deprecationReason") | not'
url=$(jq -r .tarballUrl body)
expect_http 200 - GET "$url" -H 'Accept: application/octet-stream' -H 'Accept-Encoding: gzip'
grep -qi '^content-type: application/gzip' headers || fail "the tarball's type"
grep -qi '^content-length: ' headers || fail "the tarball's length"
grep -qi '^content-encoding' headers && fail "a tarball must not be encoded"
grep -qi '^content-disposition: attachment; filename="legacy-1.0.1.tar.gz"' headers || fail "the tarball's name"
expect_http 200 - POST /v1/connectors/legacy/1.2.0-ustar/download
holds "download" '. == {success: true, id: "legacy", version: "1.2.0-ustar"}'

expect_http 200 - GET /health
holds "health" '.status == "ok" and .connectors == 2 and (.totalDownloads | type == "number")'
# Downloads are counted when they have been sent, and written down some at a time.
counted() { http GET /v1/stats >/dev/null && jq -e '.connectors[] | select(.id == "bare") | .downloads == 1' body; }
wait_for "the download to be counted" counted >/dev/null
holds "stats" '.totalConnectors == 2 and .totalVersions == 23 and .signatureRequired == true
  and .trustedKeysConfigured == 2 and (.totalDownloads | type == "number")'
holds "stats of each" '.connectors | map(select(.id == "bare")) == [{id: "bare", versions: 1, downloads: 1, latestVersion: "1.0.0"}]'
expect_http 200 - GET /v1/ops/metrics
grep -q '^mktd_build_info' body || fail "metrics"

# --- Search ----------------------------------------------------------------------------------------
found() { http GET "/v1/search?$1" >/dev/null; jq -r '[.connectors[].id] | sort | join(" ")' body; }
for q in legacy LEGACY ega "he%20leg" "made%20for%20a" "for%20a%20test"; do
  [[ $(found "q=$q") == legacy ]] || { cat body >&2; fail "q=$q"; }
done
[[ $(found "q=teleport") == bare ]] || fail "a capability is found"
[[ $(found "q=xyz") == "" ]] || fail "nothing is found"
[[ $(found "capabilities=vcs,custom") == "bare legacy" ]] || fail "any of the capabilities"
[[ $(found "categories=version-control") == bare ]] || fail "a category"
[[ $(found "categories=other") == "bare legacy" ]] || fail "categories of what has none: other"
[[ $(found "categories=security") == "" ]] || fail "a category that nothing has"
[[ $(found "categories=version-control&q=legacy") == "" ]] || fail "categories and words: both"
for page in "page=0&pageSize=0" "page=x&pageSize=" "page=-1&pageSize=-5" ""; do
  expect_http 200 - GET "/v1/search?$page"
  holds "a page that is no number" '.page == 1 and .pageSize == 20'
done
expect_http 200 - GET "/v1/search?pageSize=5000"
holds "a page above the bound" '.pageSize == 100'
expect_http 200 - GET "/v1/search?sortBy=stars&sortOrder=sideways"
holds "unknown orders" '.total == 2'
expect_http 200 - GET "/v1/search?sortBy=name&sortOrder=asc"
holds "by name" '[.connectors[].displayName] == ["Bare", "The legacy"]'

# --- Deprecation -----------------------------------------------------------------------------------
expect_http 200 - POST /v1/connectors/legacy/1.0.1/deprecate "${key_header[@]}" "${json[@]}" -d '{"reason": "old"}'
holds "deprecated" '.success == true and .id == "legacy" and .version == "1.0.1" and .reason == "old"'
expect_http 200 - GET /v1/connectors/legacy/1.0.1
holds "deprecationReason" '.deprecated == true and .deprecationReason == "old"'
expect_http 404 - POST /v1/connectors/legacy/9.9.9/deprecate "${key_header[@]}" "${json[@]}" -d '{"reason": "old"}'

# --- The second step of the gateway's publishing -----------------------------------------------------
checksum=sha256:$(sha256sum t.tgz | cut -d' ' -f1)
http GET /v1/connectors/legacy/1.0.1 >/dev/null
there=$(jq -r .tarballChecksum body)
expect_http 201 - POST /v1/connectors "${key_header[@]}" "${json[@]}" -d "$(jq -n --arg c "$there" \
  '{connectorId: "legacy", version: "1.0.1", manifest: {}, signature: {}, tarballChecksum: $c}')"
holds "the version's object" '.success == true and (.version | type == "object") and .version.version == "1.0.1"'
expect_http 400 - POST /v1/connectors "${key_header[@]}" "${json[@]}" -d "$(jq -n --arg c "$checksum" \
  '{connectorId: "legacy", version: "1.0.1", manifest: {}, signature: {}, tarballChecksum: $c}')"
says body "POST /v1/publish"

# --- Failures ----------------------------------------------------------------------------------------
pack_version 3.0.0
sign one t.tgz '"1.0"' sha256: acme-2025
request legacy/connector.manifest.json t.tgz
cp request good
failed_publish() {
  publish "$@"
  holds "a failed publish" '.success == false and .error == .message and (.requestId | type == "string")'
}
expect_http 401 unauthorized POST /v1/publish "${json[@]}" -d @request
holds "without a token" '.success == false and .error == .message'
expect_http 401 unauthorized POST /v1/publish "${json[@]}" -H "X-API-Key;" -d @request
expect_http 401 unauthorized POST /v1/publish "${json[@]}" \
  -H "X-API-Key: mkt_000000000000_$(printf '0%.0s' {1..64})" -d @request
holds "with another token" '.success == false and .error == .message'
jq '.manifest.displayName = "Another"' good >request
failed_publish 422 manifest_mismatch
jq '.tarball = "@@@"' good >request
failed_publish 400 invalid_request
jq '.tarball |= .[0:-8] + "====" + .[-8:]' good >request
failed_publish 400 invalid_request
jq '.signature.keyId = "nobody-2025"' good >request
failed_publish 403 key_unknown
says body "nobody-2025"
jq '.signature.version = 2' good >request
failed_publish 400 signature_version_unknown
jq '.signature.checksum |= ltrimstr("sha256:")' good >request
failed_publish 422 signature_invalid
jq 'del(.tarball)' good >request
failed_publish 400 invalid_request
holds "what is missing" '.details == [{path: "tarball", message: "must be a base64 string"}]'
printf '{"manifest": {}, "manifest": {}}' >request
failed_publish 400 invalid_json
printf '{"manifest": {}, "tarball": "AAAA", "signature": {}, "tarball": "AAAA"}' >request
failed_publish 400 invalid_json
printf '{"manifest": {}, "tarball": "AAAA' >request
failed_publish 400 invalid_json
# Some writers escape what need not be: the same document.
sed 's,/,\\/,g; s,+,\\u002b,g; s,=,\\u003D,g' good >request
publish 201 -
expect_http 200 - GET /v1/connectors/legacy/3.0.0/tarball
cmp body t.tgz || fail "the escaped tarball's bytes"
# Other bytes for the version.
echo "// other" >>legacy/index.js
pack_version 3.0.0
sign one t.tgz '"1.0"' sha256: acme-2025
request legacy/connector.manifest.json t.tgz
failed_publish 409 version_exists

titled() { holds "a title and a sentence" "(.error == \"$1\") and (.message | length > 10) and (.code | type == \"string\")"; }
expect_http 404 - GET /v1/connectors/nothing-here
titled "Connector not found"
holds "the id" '.id == "nothing-here"'
holds "details are left out" 'has("details") | not'
expect_http 404 - GET /v1/connectors/legacy/9.9.9
titled "Version not found"
holds "id and version" '.id == "legacy" and .version == "9.9.9"'
expect_http 404 - GET /v1/connectors/legacy/9.9.9/tarball
expect_http 404 - GET /v1/connectors/legacy/9.9.9/signature
expect_http 404 - GET /v1/nothing
titled "Not found"
# What could be no id, and what could be no version.
for path in Not_An_Id ..%2Fx legacy/not-a-version "legacy/1.0.1%2F..%2Fx" "$(printf 'x%.0s' {1..65})"; do
  expect_http 404 - GET "/v1/connectors/$path"
done

# --- Quarantine: latest can be installed ---------------------------------------------------------------
expect_http 200 - POST "/v1/publishers/acme/keys/acme%2Fci%3A%20key%202/revoke" "${key_header[@]}" "${json[@]}" \
  -d '{"reasonCode": "compromised", "reason": "stolen", "dryRun": true}'
holds "revoked by its alias" ".key.keyId == \"$second_own\""
make_connector turned 1.0.0
turn() {
  sed -i "s/\"version\": \"[^\"]*\"/\"version\": \"$1\"/; s/The turned.*\",$/The turned $1\",/" turned/connector.manifest.json
  tar -C turned -czf t.tgz .
  sign "$2" t.tgz '"1.0"' sha256: "$3"
  request turned/connector.manifest.json t.tgz
  publish 201 -
}
turn 1.0.0 one acme-2025
turn 1.1.0-rc.1 one acme-2025
turn 2.0.0 two "acme/ci: key 2"
expect_http 200 - POST "/v1/publishers/acme/keys/acme%2Fci%3A%20key%202/revoke" "${key_header[@]}" "${json[@]}" \
  -d '{"reasonCode": "compromised", "reason": "stolen"}'
expect_http 200 - GET /v1/connectors/turned/2.0.0
holds "quarantined" '.quarantined == true'
expect_http 200 - GET /v1/connectors/turned
holds "latestVersion" '.latestVersion == "1.0.0" and .displayName == "The turned 1.0.0"'
expect_http 200 - GET /v1/connectors/turned/latest
holds "latest" '.version == "1.0.0"'
expect_http 200 - GET /v1/connectors/turned/latest/tarball
expect_http 200 - GET "/v1/search?q=turned"
holds "latest in search" '.connectors[0].latestVersion == "1.0.0"'
turn 0.9.0 one acme-2025
expect_http 200 - GET /v1/connectors/turned
holds "an older one changes nothing" '.latestVersion == "1.0.0"'
turn 2.0.1 one acme-2025
expect_http 200 - GET /v1/connectors/turned/latest
holds "the next release" '.version == "2.0.1"'

# --- Sizes ---------------------------------------------------------------------------------------------
# Sends a body that is too large for the route: the answer comes, with both sizes.
head -c 62000000 /dev/zero | tr '\0' 'A' >large
expect_http 413 - POST /v1/publish "${key_header[@]}" "${json[@]}" --data-binary @large
holds "413" '.success == false and .maxSize == 57671680 and .actualSize == 62000000'
says body "PUT"
says body "max-json-bytes"
stop_mktd

# Raised, exactly 50 MiB of tarball pass and one byte more does not, ten at once in bounded memory.
# One publisher holds a quarter of the slots: ten at once.
start_mktd --max-json-bytes 73400320 --max-uploads 40
# tarball_of SIZE: ./t.tgz of exactly that many bytes. A gzip header may hold a name of any length:
# it makes up for what tar's blocks leave.
tarball_of() {
  local want=$1 content
  make_connector big "1.0.$want"
  content=$((want - 64 * 1024))
  for _ in 1 2; do
    openssl enc -aes-128-ctr -K 00 -iv 00 -nosalt -in /dev/zero 2>/dev/null | head -c "$content" >big/blob || true
    tar -C big -b 1 -c connector.manifest.json index.js lib blob | gzip -1 >t.tgz
    content=$((content + want - 1500 - $(stat -c %s t.tgz)))
  done
  perl -e 'my ($file, $want) = @ARGV; local $/; open my $in, "<:raw", $file or die; my $data = <$in>;
           my $more = $want - length($data) - 1; die "$more bytes are left" if $more < 0 || $more > 4000;
           substr($data, 3, 1) = chr(8); substr($data, 10, 0) = ("n" x $more) . "\0";
           open my $out, ">:raw", $file or die; print $out $data' t.tgz "$want"
  [[ $(stat -c %s t.tgz) == "$want" ]] || fail "no tarball of $want bytes"
  sign one t.tgz '"1.0"' sha256: acme-2025
  request big/connector.manifest.json t.tgz
}
resident_kib() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$daemon/status"; }

expect_http 200 - GET /v1/connectors/legacy/1.2.0-ustar
holds "telling of a download counts nothing" '.downloads == 0'
tarball_of 52428801
publish 413 tarball_too_large
holds "413" '.maxSize == 52428800 and .actualSize == 52428801'
tarball_of 52428800
before=$(resident_kib VmRSS)
clients=()
for i in {1..10}; do
  curl -sS -o "answer.$i" -w '%{http_code}\n' "${key_header[@]}" "${json[@]}" -H 'Expect:' \
    --data-binary @request "$MKT_REGISTRY/v1/publish" >"status.$i" &
  clients+=($!)
done
wait "${clients[@]}"
[[ $(cat status.* | sort -u | tr '\n' ' ') == "200 201 " ]] || { cat status.* answer.*; fail "ten at once"; }
# A sanitizer keeps what is freed for a while, and has its own.
if ! grep -qa -e __asan_init -e __tsan_init "$MKTD"; then
  grown=$(($(resident_kib VmHWM) - before))
  ((grown < 64 * 1024)) || fail "ten publishes took $grown KiB"
fi
