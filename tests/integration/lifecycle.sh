#!/usr/bin/env bash
# A connector's whole way: init, pack, sign, publish, search, info, install, verify, uninstall.
source "$(dirname "$0")/lib.sh"

start_mktd
expect 0 "$MKT" init first-steps
expect 8 "$MKT" init first-steps
says err "is there already"

expect 0 "$MKT" --json key generate --publisher acme --no-passphrase
key=$(jq -r .keyId out)
[[ $(stat -c %a "$(jq -r .file out)") == 600 ]] || fail "the key file is not 0600"
[[ $key == acme:$(jq -r .fingerprint out | cut -c1-16) ]] || fail "the key id is not of the fingerprint"
expect 0 "$MKT" publisher register acme --display-name "Acme" --email dev@acme.example --key "$key"
expect 0 "$MKT" --json publisher show acme
[[ $(jq -r '.keys[0].keyId' out) == "$key" ]] || fail "the key is not listed"

expect 0 "$MKT" publish first-steps --dry-run
says out "would publish"
expect 3 "$MKT" info first-steps
expect 0 "$MKT" --json publish first-steps
[[ $(jq .new out) == true ]] || fail "the first publish is new"
expect 0 "$MKT" --json publish first-steps
[[ $(jq .new out) == false ]] || fail "the same bytes again change nothing"

# The packed file has the same bytes as what publish sent.
expect 0 "$MKT" --json pack first-steps -o packed.tgz
checksum=$(jq -r .checksum out)
[[ sha256:$(sha256sum packed.tgz | cut -d' ' -f1) == "$checksum" ]] || fail "wrong checksum"
expect 0 "$MKT" --json info first-steps@latest
[[ $(jq -r .tarballChecksum out) == "$checksum" ]] || fail "publish packed other bytes than pack"

expect 0 "$MKT" --json search first
[[ $(jq -r '.connectors[0].id' out) == first-steps ]] || fail "search does not find it"
expect 0 "$MKT" --json search "FIRST-ST"
[[ $(jq .total out) == 1 ]] || fail "search by the beginning of a word"
expect 0 "$MKT" --json search --capability vcs
[[ $(jq .total out) == 0 ]] || fail "the capability filter lets others through"

expect 0 "$MKT" install first-steps
diff -r --exclude=.mktignore --exclude=install-receipt.json first-steps connectors/first-steps || fail "other files"
[[ $(jq -r .checksum connectors/first-steps/install-receipt.json) == "$checksum" ]] || fail "receipt"
expect 0 "$MKT" verify connectors/first-steps
expect 0 "$MKT" --json install first-steps
[[ $(jq '.installed[0].unchanged' out) == true ]] || fail "a second install has nothing to do"

# A changed file is found, and is overwritten where that is wanted only; what is missing comes back.
echo "// tampered" >>connectors/first-steps/index.js
expect 10 "$MKT" verify connectors/first-steps
says err "index.js: has changed"
expect 8 "$MKT" install first-steps
says err "index.js: has changed"
says err "--force"
says connectors/first-steps/index.js "// tampered"
expect 0 "$MKT" install first-steps --force
expect 0 "$MKT" verify connectors/first-steps
rm connectors/first-steps/index.js
expect 0 "$MKT" install first-steps
expect 0 "$MKT" verify connectors/first-steps

expect 0 "$MKT" --json list
[[ $(jq -r '.connectors[0].id' out) == first-steps ]] || fail "list"
expect 0 "$MKT" download first-steps -o got.tgz
cmp got.tgz packed.tgz || fail "the downloaded bytes differ"
expect 0 "$MKT" verify got.tgz
expect 0 "$MKT" key export "$key" --format pem -o acme.pem
expect 0 "$MKT" --registry http://127.0.0.1:1 verify got.tgz --public-key acme.pem

# Killed where folders cannot be exchanged, between putting the old tree aside and the new one in its
# place: the next run brings the old one back, and throws it away where the new one is there.
mv connectors/first-steps connectors/.mkt-old-first-steps
expect 0 "$MKT" --json install first-steps
[[ $(jq '.installed[0].unchanged' out) == true ]] || fail "the old tree did not come back"
cp -r connectors/first-steps connectors/.mkt-old-first-steps
expect 0 "$MKT" install first-steps
[[ $(ls -A connectors) == first-steps ]] || fail "leftovers: $(ls -A connectors)"

# Several at the same moment, where nothing was: all of them find the connector installed.
for ((round = 0; round < 5; round++)); do
  seq 6 | xargs -P 6 -I{} "$MKT" --quiet install first-steps --root race/connectors 2>race.err ||
    fail "installs at the same moment: $(<race.err)"
  expect 0 "$MKT" verify race/connectors/first-steps
  rm -rf race
done

# Publishing a tarball that was signed before uses that signature.
sed -i 's/"0.1.0"/"0.2.0"/' first-steps/connector.manifest.json
expect 0 "$MKT" pack first-steps -o second.tgz
expect 0 "$MKT" sign second.tgz --key "$key"
expect 0 "$MKT" publish second.tgz
expect 0 "$MKT" install first-steps
[[ $(jq -r .version connectors/first-steps/install-receipt.json) == 0.2.0 ]] || fail "upgrade"
expect 0 "$MKT" install first-steps@0.1.0 --dir elsewhere
[[ $(jq -r .version elsewhere/install-receipt.json) == 0.1.0 ]] || fail "--dir and @VERSION"

# A damaged lock stops an uninstall before anything is gone, and what is said to do about it works.
cp mkt.lock kept.lock
echo broken >mkt.lock
expect 10 "$MKT" uninstall first-steps
says err "move it away"
[[ -e connectors/first-steps ]] || fail "uninstalled without the lock"
expect 10 "$MKT" install first-steps
rm mkt.lock
expect 0 "$MKT" install first-steps
cmp mkt.lock kept.lock || fail "the lock was not written anew"
# Where no lock is kept, none is read.
echo broken >mkt.lock
expect 0 "$MKT" install first-steps --dir elsewhere
mv kept.lock mkt.lock
# A folder that somebody removed by hand leaves the lock with the rest.
mv connectors/first-steps aside
expect 0 "$MKT" uninstall first-steps
says out "from mkt.lock"
[[ $(jq '.connectors | length' mkt.lock) == 0 ]] || fail "the lock: $(<mkt.lock)"
mv aside connectors/first-steps
expect 0 "$MKT" install first-steps

expect 0 "$MKT" uninstall first-steps
[[ ! -e connectors/first-steps ]] || fail "uninstall leaves the folder"
[[ -z $(ls -A connectors) ]] || fail "leftovers: $(ls -A connectors)"
expect 3 "$MKT" uninstall first-steps

# A prerelease is not what "latest" means.
sed -i 's/"0.2.0"/"0.3.0-rc.1"/' first-steps/connector.manifest.json
expect 0 "$MKT" publish first-steps
expect 0 "$MKT" --json info first-steps
[[ $(jq -r .latestVersion out) == 0.2.0 ]] || fail "latest is a prerelease"
[[ $(jq -r '.versions | join(" ")' out) == "0.3.0-rc.1 0.2.0 0.1.0" ]] || fail "newest first"

# What is installed and not offered any more makes way, and it is said; by name it is refused before
# anything is installed.
make_connector lib 1.0.0
expect 0 "$MKT" publish lib --key "$key"
second=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$second"
make_connector lib 1.1.0
expect 0 "$MKT" publish lib --key "$second"
make_connector app
jq '.dependencies = {"lib": "^1.0.0"}' app/connector.manifest.json >app.json
mv app.json app/connector.manifest.json
expect 0 "$MKT" publish app --key "$second"
expect 0 "$MKT" install lib@1.0.0
expect 0 "$MKT" install app
[[ $(jq -r .version connectors/lib/install-receipt.json) == 1.0.0 ]] || fail "lib did not stay"
expect 0 "$MKT" key revoke "$key" --reason-code compromised --reason "laptop stolen" --yes
expect 4 "$MKT" install app lib@1.0.0 --root refused
says err "laptop stolen"
[[ ! -e refused/app ]] || fail "something was installed beside what is in quarantine"
expect 0 "$MKT" install app
says err "lib@1.0.0 is installed here but is in quarantine; 1.1.0 replaces it"
[[ $(jq -r .version connectors/lib/install-receipt.json) == 1.1.0 ]] || fail "lib was kept"

stop_mktd || fail "SIGTERM should end with status 0"
