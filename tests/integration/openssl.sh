#!/usr/bin/env bash
# A signature is checked with openssl alone, as mkt-signature(5) shows it; and openssl's is taken by mkt.
source "$(dirname "$0")/lib.sh"

make_connector plain
export MKT_KEY_PASSPHRASE="correct horse"
key=$("$MKT" key generate --publisher acme 2>/dev/null)
expect 0 "$MKT" pack plain -o plain.tgz
expect 0 "$MKT" sign plain.tgz
"$MKT" key export "$key" --format pem >key.pem

openssl_verifies() {
  jq -j .checksum plain.tgz.sig.json >checksum.txt
  jq -r .signature plain.tgz.sig.json | base64 -d >sig.bin
  openssl pkeyutl -verify -rawin -pubin -inkey key.pem -sigfile sig.bin -in checksum.txt
}
[[ $(cat plain.tgz | sha256sum | cut -d' ' -f1) == "$(jq -r .checksum plain.tgz.sig.json | cut -d: -f2)" ]] || fail "checksum"
openssl_verifies || fail "openssl does not verify mkt's signature"

# Another checksum under the same signature is refused by both.
sed -i 's/sha256:./sha256:0/' plain.tgz.sig.json
! openssl_verifies || fail "openssl verifies a changed checksum"
expect 4 "$MKT" verify plain.tgz --public-key key.pem

# The other way round.
openssl genpkey -algorithm ed25519 -out own.pem
openssl pkey -in own.pem -pubout -out own-public.pem
printf 'sha256:%s' "$(sha256sum plain.tgz | cut -d' ' -f1)" >checksum.txt
openssl pkeyutl -sign -rawin -inkey own.pem -in checksum.txt -out sig.bin
jq -n --arg checksum "$(<checksum.txt)" --arg signature "$(base64 -w0 sig.bin)" \
  '{version: "1.0", keyId: "acme:0123456789abcdef", algorithm: "ed25519", checksum: $checksum,
    signature: $signature, signedAt: "2026-01-31T12:00:00Z"}' >plain.tgz.sig.json
expect 0 "$MKT" verify plain.tgz --public-key own-public.pem

# The passphrase: needed, and a wrong one is said to be wrong.
MKT_KEY_PASSPHRASE=wrong expect 4 "$MKT" sign plain.tgz
says err "passphrase does not open"
unset MKT_KEY_PASSPHRASE
expect 4 setsid -w "$MKT" sign plain.tgz </dev/null
says err "MKT_KEY_PASSPHRASE"
chmod 640 "$XDG_CONFIG_HOME"/mkt/keys/*.key
expect 2 "$MKT" sign plain.tgz
says err "chmod 600"
