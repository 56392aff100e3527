#!/usr/bin/env bash
# What takes a version out of reach, as people use it: quarantine by an admin, and withdrawal; and what
# installs, audits and gc make of it.
source "$(dirname "$0")/lib.sh"

# change FOLDER OLD NEW: another version of the connector
change() { sed -i "s/\"version\": \"$2\"/\"version\": \"$3\"/" "$1/connector.manifest.json"; }
start_mktd
export MKT_TOKEN=$token
register maker
make_connector tool
expect 0 "$MKT" publish tool
change tool 1.0.0 1.1.0
expect 0 "$MKT" publish tool
make_connector user
jq '.dependencies = {tool: "^1.0.0"}' user/connector.manifest.json >m && mv m user/connector.manifest.json
expect 0 "$MKT" publish user
expect 0 "$MKT" install tool@1.1.0
owner=$("$MKT" token create --role publisher --subject maker --name owner 2>/dev/null)

# --- Quarantine
MKT_TOKEN=$owner expect 4 "$MKT" quarantine tool@1.1.0 --reason 'calls home'
expect 2 "$MKT" quarantine tool@1.1.0
expect 2 "$MKT" quarantine tool --reason 'which version?'
expect 0 "$MKT" quarantine tool@1.1.0 --reason 'calls home'
says out 'tool@1.1.0 is in quarantine'
says out 'needed by    user@1.0.0'
expect 4 "$MKT" audit
says out 'calls home'
expect 0 "$MKT" audit --offline
expect 4 "$MKT" install tool@1.1.0 --dir other
says err 'calls home'
expect 4 "$MKT" download tool@1.1.0
expect 0 "$MKT" info tool
says out '1.0.0'
expect 0 "$MKT" info tool@1.1.0
says out 'quarantine calls home'
expect 0 "$MKT" install user
expect 0 "$MKT" quarantine tool@1.1.0 --undo --reason 'it was our proxy'
expect 0 "$MKT" install tool@1.1.0
expect 0 "$MKT" audit
# What nobody could be asked about is not called sound.
kill -STOP "$daemon"
expect 7 "$MKT" --timeout 1 audit
kill -CONT "$daemon"
says out 'unknown'
says err 'could not be asked about 2 of 2'
expect 0 "$MKT" log
says out 'calls home'
says out 'it was our proxy'

# --- Withdrawal: asks, names what it hits, and takes the bytes.
expect 2 "$MKT" withdraw tool@1.1.0 --reason-code boredom --reason x --yes
expect 2 "$MKT" withdraw tool@1.1.0 --reason-code security --reason 'sends tokens away' </dev/null
says err 'needed by    user@1.0.0'
expect 0 "$MKT" withdraw tool@1.1.0 --reason-code security --reason 'sends tokens away' --dry-run
expect 0 "$MKT" info tool@1.1.0
checksum=$("$MKT" info tool@1.1.0 --json | jq -r .checksum)
file=data/blobs/${checksum:7:2}/${checksum:7}
[[ -f $file ]] || fail "no file $file"
MKT_TOKEN=$owner expect 0 "$MKT" withdraw tool@1.1.0 --reason-code security --reason 'sends tokens away' --yes
[[ ! -e $file ]] || fail "the bytes are still there"
expect_http 410 version_withdrawn GET /v1/connectors/tool/1.1.0/tarball
expect_http 200 - GET /v1/connectors/tool/1.1.0
[[ $(jq -r '[.withdrawalCode, .withdrawalReason, .quarantined] | join(" ")' body) == 'security sends tokens away true' ]] || fail "$(<body)"
expect_http 200 - GET /v1/connectors/tool/latest
[[ $(jq -r .version body) == 1.0.0 ]] || fail "latest is $(jq -r .version body)"
expect 4 "$MKT" audit
says out 'sends tokens away'
expect 4 "$MKT" install tool@1.1.0 --dir other
# The number is taken, for the same bytes and for others.
expect 4 "$MKT" publish tool
says err 'never used again'
echo more >>tool/README.md
expect 4 "$MKT" publish tool
expect 4 "$MKT" quarantine tool@1.1.0 --undo --reason x
change tool 1.1.0 1.1.1
expect 0 "$MKT" publish tool
# After 72 hours only an admin may; a check and a backup know that the bytes are gone.
stop_mktd
expect 0 "$MKTD" check --data data
expect 0 "$MKTD" backup --data data backup.tar
expect 0 "$MKTD" restore backup.tar --data restored
expect 0 "$MKTD" check --data restored
expect 0 "$MKTD" gc --data data
# The clock of a daemon that starts 73 hours later.
faketime=$(find /usr/lib -name libfaketime.so.1 -print -quit)
[[ -n $faketime ]] || skip "withdrawing after 72 hours: there is no libfaketime (all else holds)"
[[ -z $SANITIZER ]] || skip "withdrawing after 72 hours: a sanitizer's library must be loaded before libfaketime"
export FAKETIME=+73h LD_PRELOAD=$faketime
start_mktd
unset LD_PRELOAD
MKT_TOKEN=$owner expect 4 "$MKT" withdraw tool@1.0.0 --reason-code legal --reason 'not ours' --yes
says err 'only an admin'
expect 0 "$MKT" withdraw tool@1.0.0 --reason-code legal --reason 'not ours' --yes
# Nothing of it is given out any more, and who finds it is told.
expect 0 "$MKT" quarantine tool@1.1.1 --reason 'calls home'
expect 0 script -qec "'$MKT' search tool" /dev/null
says out '(quarantined)'
[[ $("$MKT" search tool | cut -f2) == 1.1.1 ]] || fail "a pipe has another version: $("$MKT" search tool)"
http GET '/search?q=tool' -H 'Accept: text/html' >status
grep -qE 'class="version">1.1.1</span><span class="badge[^>]*>quarantined' body || fail "the page does not tell: $(<body)"
