#!/usr/bin/env bash
# What is in quarantine is refused with the reason, what is taken instead is named, and a deprecated
# version says so wherever it is asked for.
source "$(dirname "$0")/lib.sh"

start_mktd
register acme
good=$key
make_connector tool 1.0.0
expect 0 "$MKT" publish tool --key "$good"
stolen=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$stolen"
for version in 1.1.0 1.2.0-rc.1; do
  make_connector tool $version
  expect 0 "$MKT" publish tool --key "$stolen"
done
make_connector lost 1.0.0
expect 0 "$MKT" publish lost --key "$stolen"
expect 0 "$MKT" key revoke "$stolen" --reason-code compromised --reason "laptop stolen" --yes

# Nothing else is there: what happened, and 4.
expect 4 "$MKT" install lost
says err "lost@1.0.0 is in quarantine"
says err "laptop stolen"
[[ ! -e connectors/lost ]] || fail "it was installed"
expect 4 "$MKT" install lost@1.0.0
says err "laptop stolen"
expect 4 "$MKT" --json install lost
[[ $(jq -r .code out) == version_quarantined ]] || fail "the code is $(jq -r .code out)"
# As a dependency too.
make_connector user 1.0.0
jq '.dependencies = {"lost": "^1.0.0"}' user/connector.manifest.json >user.json
mv user.json user/connector.manifest.json
expect 0 "$MKT" publish user --key "$good"
expect 4 "$MKT" install user
says err "laptop stolen"

# Withdrawn is for ever, and is not called quarantine.
make_connector gone 1.0.0
expect 0 "$MKT" publish gone --key "$good"
expect 0 "$MKT" install gone
make_connector gone 1.1.0
expect 0 "$MKT" publish gone --key "$good"
expect 0 "$MKT" withdraw gone@1.1.0 --reason-code legal --reason "not ours" --yes
expect 0 "$MKT" install gone --root older
says err "gone@1.1.0 was withdrawn; the older 1.0.0 is taken instead"
expect 0 "$MKT" withdraw gone@1.0.0 --reason-code legal --reason "not ours" --yes
expect 4 "$MKT" --json install gone --root anew
[[ $(jq -r .code out) == version_withdrawn && $(jq -r .message out) == *"not ours"* ]] || fail "$(<out)"
expect 0 "$MKT" update
says err "gone@1.0.0 was withdrawn, and no newer version can take its place"
# A second word changes nothing, and is told so.
expect 0 "$MKT" withdraw gone@1.0.0 --reason-code security --reason "it is worse" --yes
says out "gone@1.0.0 was withdrawn before"
says out "(legal): not ours"
expect 0 "$MKT" uninstall gone

# Where every release is deprecated, one of them is taken, and no prerelease that nobody asked for.
make_connector old 1.0.0
expect 0 "$MKT" publish old --key "$good"
make_connector old 2.0.0-beta.1
expect 0 "$MKT" publish old --key "$good"
expect 0 "$MKT" deprecate old@1.0.0 --reason "use new"
says out "old@1.0.0 is deprecated"
[[ $(tail -c 1 out | od -An -c | tr -d ' ') == '\n' ]] || fail "the last line has no end"
expect 0 "$MKT" install old --root old
says err "old@1.0.0 is deprecated: use new"
[[ $(jq -r .version old/old/install-receipt.json) == 1.0.0 ]] || fail "$(<old/old/install-receipt.json)"

# What is installed and needs another version is told of.
make_connector base 1.0.0
expect 0 "$MKT" publish base --key "$good"
make_connector base 2.0.0
expect 0 "$MKT" publish base --key "$good"
make_connector on-base 1.0.0
jq '.dependencies = {"base": "^2.0.0"}' on-base/connector.manifest.json >m
mv m on-base/connector.manifest.json
expect 0 "$MKT" publish on-base --key "$good"
expect 0 "$MKT" install on-base --root based
expect 0 "$MKT" install base@1.0.0 --root based
says err "on-base@1.0.0, which is installed here, needs base ^2.0.0, but 1.0.0 will be installed"

# An older one is taken, and it is said; not where that one was asked for.
expect 0 "$MKT" install tool
says err "tool@1.1.0 is in quarantine; the older 1.0.0 is taken instead"
[[ $(jq -r .version connectors/tool/install-receipt.json) == 1.0.0 ]] || fail "another version"
expect 0 "$MKT" install tool@1.0.0 --root exact
[[ ! -s err ]] || fail "a version that was asked for by name: $(<err)"

# Deprecated.
expect 0 "$MKT" deprecate tool@1.0.0 --reason "use hammer instead"
warned() { says err "tool@1.0.0 is deprecated: use hammer instead"; }
expect 0 "$MKT" install tool@1.0.0 --root anew
warned
expect 0 "$MKT" install tool@1.0.0 # it is there already
warned
expect 0 "$MKT" info tool@1.0.0
warned
expect 0 "$MKT" --json info tool@1.0.0
warned
jq -e . out >/dev/null || fail "the document is not alone on stdout"
make_connector plain 1.0.0
expect 0 "$MKT" publish plain --key "$good"
expect 0 "$MKT" deprecate plain@1.0.0 --reason "nobody needs it"
expect 0 "$MKT" info plain
says err "plain@1.0.0 is deprecated: nobody needs it"
expect 0 "$MKT" download tool@1.0.0
warned
expect 0 "$MKT" --quiet download tool@1.0.0 -o quiet.tgz
warned
