#!/usr/bin/env bash
# Pins and rotation, working offline, and lists of keys that are old or rolled back.
source "$(dirname "$0")/lib.sh"

publish() { # ID VERSION KEY
  make_connector "$1" "$2"
  expect 0 "$MKT" publish "$1" --key "$3"
}
fingerprint() { "$MKT" --json key show "$1" | jq -r .fingerprint; }

start_mktd
register acme
first=$key
publish tool 1.0.0 "$first"

# Nobody is trusted by name until they are.
expect 4 "$MKT" install tool --require-trusted
says err "$(fingerprint "$first")"
[[ ! -e connectors/tool ]] || fail "an untrusted publisher was installed"
mkdir -p "$XDG_CONFIG_HOME/mkt"
echo 'require_trusted = true' >"$XDG_CONFIG_HOME/mkt/config.toml"
expect 4 "$MKT" install tool
rm "$XDG_CONFIG_HOME/mkt/config.toml"
expect 3 "$MKT" key trust acme --fingerprint "$(printf '0%.0s' {1..64})"
expect 0 "$MKT" key trust acme
says out "$(fingerprint "$first")"
expect 0 "$MKT" install tool --require-trusted
expect 0 "$MKT" --json key trust
[[ $(jq -r '.trusted[0].publisherId' out) == acme ]] || fail "the pins are not listed"

# A key that the pinned one did not endorse is refused, with both fingerprints.
stranger=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$stranger"
publish tool 1.1.0 "$stranger"
expect 4 "$MKT" --json install tool@1.1.0
[[ $(jq -r .code out) == pinned_key_changed ]] || fail "the code is $(jq -r .code out)"
says err "$(fingerprint "$first")"
says err "$(fingerprint "$stranger")"
expect 0 "$MKT" install tool@1.0.0

# A rotation is followed, once and again.
expect 0 "$MKT" key rotate "$first" --no-passphrase
second=$(<out)
make_connector tool 1.2.0
expect 4 "$MKT" publish tool --key "$first"
says err "retired"
expect 0 "$MKT" key rotate "$second" --no-passphrase --expires 365d
third=$(<out)
publish tool 1.2.0 "$third"
expect 0 "$MKT" install tool@1.2.0 --require-trusted
expect 0 "$MKT" install tool@1.0.0 --require-trusted
says err "retired"
# The question comes with what is hit, also where notes are not wanted.
echo n | script -qec "'$MKT' --quiet key revoke $second --reason-code compromised --reason copied" /dev/null >asked || true
says asked "Revoke $second?"
says asked "into quarantine"
# No further than a compromise: whoever has the old key could have endorsed the new one.
expect 0 "$MKT" key revoke "$second" --reason-code compromised --reason "copied" --yes
expect 4 "$MKT" install tool@1.2.0
says err "no rotation leads from that key to it"
expect 0 "$MKT" key trust acme --fingerprint "$(fingerprint "$third")"
expect 0 "$MKT" install tool@1.2.0
expect 0 "$MKT" key trust acme --remove
expect 0 "$MKT" install tool@1.1.0

# Offline: from a file, by the kept list.
expect 0 "$MKT" download tool@1.2.0 -o tool.tgz
expect 2 "$MKT" install tool --offline
expect 2 "$MKT" update --offline
says err "not with --offline"
expect 0 "$MKT" key refresh
kept=$(ls "$XDG_STATE_HOME"/mkt/keys/*.keys)
seen=${kept%.keys}.seen
cp "$kept" earlier.keys
cp "$seen" earlier.seen
registry=$MKT_REGISTRY
stop_mktd
expect 7 "$MKT" install tool --root away
expect 0 "$MKT" install ./tool.tgz --offline --root offline
expect 0 "$MKT" verify tool.tgz --offline
expect 0 "$MKT" verify tool.tgz
says err "not asked"
expect 0 "$MKT" audit --root offline --offline
echo x >>tool.tgz
expect 4 "$MKT" install ./tool.tgz --offline --root damaged
[[ ! -e damaged/tool ]] || fail "a damaged tarball was installed"
truncate -s -2 tool.tgz

# No list and no registry is not "nothing is revoked".
XDG_STATE_HOME=$work/nothing expect 7 "$MKT" verify tool.tgz
XDG_STATE_HOME=$work/nothing expect 7 "$MKT" verify tool.tgz --offline
says err "it is not known which keys are revoked"

# Old lists: a warning after 7 days, refused after 30 unless the risk is taken, and recorded.
aged() { jq --arg at "$(date -u -d "$1 days ago" +%FT%TZ)" '.checkedAt = $at' earlier.seen >"$seen"; }
aged 6
expect 0 "$MKT" verify tool.tgz --offline
says err "6 days old"
aged 8
expect 0 "$MKT" verify tool.tgz --offline
says err "warning: the list of keys is 8 days old"
aged 31
expect 12 "$MKT" verify tool.tgz --offline
expect 12 "$MKT" audit --root offline --offline
expect 12 "$MKT" install ./tool.tgz --offline --root stale
expect 0 "$MKT" install ./tool.tgz --offline --root stale --accept-stale
[[ $(jq .keys.acceptedStale stale/tool/install-receipt.json) == true ]] || fail "the receipt is silent"
cp earlier.seen "$seen"

# A registry that goes back in time is not believed, nor a kept list that does.
cp -r data data.old
restart() { "$MKTD" --data "$1" --listen "${registry#http://}" "${no_limits[@]}" 2>>mktd.log & daemon=$!; wait_for "mktd" curl -sf "$registry/healthz" -o /dev/null; }
restart data
expect 0 "$MKT" key revoke "$third" --reason-code compromised --reason "copied too" --yes
expect 4 "$MKT" verify tool.tgz
stop_mktd
restart data.old
expect 12 "$MKT" verify tool.tgz
says err "was seen before"
expect 12 "$MKT" install tool --root back
expect 4 "$MKT" verify tool.tgz --offline
cp earlier.keys "$kept"
expect 12 "$MKT" verify tool.tgz --offline
# Unless somebody says that it was set up anew.
expect 0 "$MKT" key refresh --forget
expect 0 "$MKT" verify tool.tgz
# What is damaged is said, not guessed.
head -c 300 "$kept" >cut.keys
cp cut.keys "$kept"
expect 10 "$MKT" verify tool.tgz --offline
stop_mktd
