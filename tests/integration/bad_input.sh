#!/usr/bin/env bash
# Every bad input gets one clear line, its exit status, and changes nothing.
source "$(dirname "$0")/lib.sh"

# The first wrong word is the one that is told of, and what it was meant to be.
expect 2 "$MKT" instal ticket-sync
says err 'mkt has no command instal; did you mean `mkt install`?'

start_mktd
register acme
acme_key=$key
make_connector good
expect 0 "$MKT" publish good --key "$acme_key"
expect 0 "$MKT" install good
before=$(catalog_state)
installed=$(find connectors -type f -exec sha256sum {} + | sort)

unchanged() {
  [[ $(catalog_state) == "$before" ]] || fail "the catalog changed: $1"
  [[ $(find connectors -type f -exec sha256sum {} + | sort) == "$installed" ]] || fail "the folder changed: $1"
  [[ -z $(find connectors -maxdepth 1 -name '.mkt*') ]] || fail "leftovers: $1"
}
# refused STATUS TEXT COMMAND…
refused() {
  local status=$1 text=$2
  shift 2
  expect "$status" "$@"
  says err "$text"
  [[ ! -s out ]] || fail "something on stdout: $*"
  unchanged "$*"
}

# Manifests.
mkdir empty
refused 2 "mkt init" "$MKT" publish empty --key "$acme_key"
one_line err
make_connector broken
echo '{"id": "broken"' >broken/connector.manifest.json
refused 2 "not valid JSON" "$MKT" publish broken --key "$acme_key"
make_connector broken
sed -i 's/"Apache-2.0"/"no license"/; s/"READ"/"MAYBE"/' broken/connector.manifest.json
refused 2 "license: must be" "$MKT" publish broken --key "$acme_key"
says err "tools[0].policyClass"
make_connector broken
rm broken/index.js
refused 2 "there is no file \"index.js\"" "$MKT" publish broken --key "$acme_key"
make_connector broken
ln -s index.js broken/link.js
refused 4 "symbolic link" "$MKT" publish broken --key "$acme_key"
rm broken/link.js

# The same version with other bytes.
echo "// changed" >>good/index.js
refused 8 "raise the version" "$MKT" publish good --key "$acme_key"
one_line err

# Keys: unknown, foreign, mistyped.
make_connector other
expect 0 "$MKT" pack other -o other.tgz
lost=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
refused 4 "knows no key $lost" "$MKT" publish other --key "$lost"
refused 2 "is not a key id" "$MKT" publish other --key acme:123
refused 3 "is not on this machine" "$MKT" publish other --key acme:0123456789abcdef
refused 2 "several keys" "$MKT" publish other
register rival
refused 4 "belongs to the publisher acme" "$MKT" publish good --key "$key"
before=$(catalog_state)

# A token of somebody else.
rival_token=$("$MKT" token create --role publisher --subject rival 2>/dev/null)
MKT_TOKEN=$rival_token refused 4 "is a key of the publisher acme; you are rival" "$MKT" publish other --key "$acme_key"
MKT_TOKEN=nonsense refused 4 "token is not valid" "$MKT" publish other --key "$acme_key"

# Signatures that do not fit.
expect 0 "$MKT" sign other.tgz --key "$acme_key"
cp other.tgz.sig.json kept.sig.json
put() { # STATUS CODE SIGNATURE-FILE TARBALL [PATH]
  expect_http "$1" "$2" PUT "${5:-/v1/connectors/other/1.0.0}" -H "Authorization: Bearer $token" \
    -H "Mkt-Signature: $(base64 -w0 "$3")" --data-binary @"$4"
  unchanged "$2"
}
head -c 200 other.tgz >short.tgz
put 422 checksum_mismatch kept.sig.json short.tgz
jq '.signature = (.signature | .[0:10] + (if .[10:11] == "A" then "B" else "A" end) + .[11:])' kept.sig.json >bad.sig.json
put 422 signature_invalid bad.sig.json other.tgz
jq '.algorithm = "rsa"' kept.sig.json >bad.sig.json
put 400 signature_algorithm_unknown bad.sig.json other.tgz
jq '.version = "2.0"' kept.sig.json >bad.sig.json
put 400 signature_version_unknown bad.sig.json other.tgz
jq '.keyId = "acme:00000000"' kept.sig.json >bad.sig.json
put 403 key_unknown bad.sig.json other.tgz
jq '.keyId = "acme "' kept.sig.json >bad.sig.json
put 400 signature_malformed bad.sig.json other.tgz
put 422 manifest_mismatch kept.sig.json other.tgz /v1/connectors/another/1.0.0
put 422 manifest_mismatch kept.sig.json other.tgz /v1/connectors/other/1.0.1
expect_http 400 signature_malformed PUT /v1/connectors/other/1.0.0 -H "Authorization: Bearer $token" --data-binary @other.tgz
expect_http 401 unauthorized PUT /v1/connectors/other/1.0.0 -H "Mkt-Signature: $(base64 -w0 kept.sig.json)" --data-binary @other.tgz
head -c 100 /dev/urandom >noise.tgz
expect 0 "$MKT" sign noise.tgz --key "$acme_key"
put 422 archive_invalid noise.tgz.sig.json noise.tgz
refused 2 "not gzip" "$MKT" publish noise.tgz --key "$acme_key"

# A body that ends early leaves nothing.
exec 3<>"/dev/tcp/127.0.0.1/${MKT_REGISTRY##*:}"
printf 'PUT /v1/connectors/other/1.0.0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nMkt-Signature: %s\r\nContent-Length: %d\r\n\r\n' \
  "$token" "$(base64 -w0 kept.sig.json)" "$(stat -c %s other.tgz)" >&3
head -c 200 other.tgz >&3
exec 3>&-
wait_for "the upload to be given up" bash -c '[[ -z $(ls data/blobs/incoming) ]]'
unchanged "a body cut short"

# Verifying.
printf 'x' >>other.tgz
refused 4 "the signature is for" "$MKT" verify other.tgz

# Names and folders.
refused 3 "there is no connector nowhere" "$MKT" install nowhere
refused 3 "has no version 9.9.9" "$MKT" install good@9.9.9
refused 2 "is not a connector id" "$MKT" install Good
refused 2 "is not a semantic version" "$MKT" install good@one
mkdir occupied && echo mine >occupied/file
refused 8 "files that mkt did not install" "$MKT" install good --dir occupied
[[ $(<occupied/file) == mine ]] || fail "the occupied folder was touched"
refused 2 "for several use --root" "$MKT" install good other --dir x

# A blob that rots is noticed by the daemon or the client, never installed. The cache has it whole.
blob=$(find data/blobs -type f -size +0 | head -n 1)
cp "$blob" kept.blob
printf 'X' | dd of="$blob" bs=1 seek=300 conv=notrunc status=none
MKT_CACHE_SIZE=0 expect 4 "$MKT" install good --dir fresh
says err "arrived with"
[[ ! -e fresh ]] || fail "a damaged tarball was installed"
truncate -s 10 "$blob"
MKT_CACHE_SIZE=0 expect 10 "$MKT" install good --dir fresh
cat kept.blob >"$blob"

# No daemon.
stop_mktd
expect 7 "$MKT" search x
says err "cannot reach the registry"
one_line err
expect 7 "$MKT" --json search x
[[ $(jq -r .code out) == registry_unavailable ]] || fail "--json gives the error on stdout"
expect 2 "$MKT" --registry ftp://x search x
