#!/usr/bin/env bash
# After a rotation the next publish just works: keys that are over are no candidates, and what the
# keys on this machine may do is told.
source "$(dirname "$0")/lib.sh"

start_mktd
register acme
first=$key
publish() { # VERSION [ARGUMENT…]
  make_connector tool "$1"
  expect 0 "$MKT" publish tool "${@:2}"
}
state_of() { "$MKT" --json key list 2>/dev/null | jq -r --arg k "$1" '.keys[] | select(.keyId == $k).state'; }
is() { [[ $(state_of "$1") == "$2" ]] || fail "$1 is $(state_of "$1"), not $2"; }

publish 1.0.0
expect 0 "$MKT" key rotate --no-passphrase
second=$(<out)
says err "mkt key remove $first"
publish 1.1.0
is "$first" retired
is "$second" active
expect 0 "$MKT" key list
says out "retired"

# One whose time is over is none either, nor one that was revoked.
brief=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
add_expired "$brief"
is "$brief" expired
revoked=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$revoked"
expect 0 "$MKT" key revoke "$revoked" --reason-code superseded --reason "a test" --yes
is "$revoked" revoked
publish 1.2.0
expect 0 "$MKT" pack tool -o tool.tgz
expect 0 "$MKT" sign tool.tgz
[[ $(jq -r .keyId tool.tgz.sig.json) == "$second" ]] || fail "signed with another key"

# Where two may sign a person has to say which; the hint works, for rotate too.
spare=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
is "$spare" "not registered"
expect 0 "$MKT" key add "$spare"
make_connector tool 1.3.0
expect 2 "$MKT" publish tool
says err "--key"
says err "$second"
says err "$spare"
! grep -qF "$first" err || fail "a retired key is offered"
expect 2 "$MKT" key rotate --no-passphrase
says err "--key"
expect 0 "$MKT" key rotate --key "$spare" --no-passphrase

# The answer to a rotation is lost: the same again with --to finds that it is done.
third=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key rotate "$second" --to "$third"
expect 0 "$MKT" key rotate "$second" --to "$third"
[[ $(<out) == "$third" ]] || fail "said $(<out)"

# Removing: what is over goes, what may sign goes with --force only.
expect 2 "$MKT" key remove "$third" </dev/null
says err "--force"
expect 0 "$MKT" key show "$third"
expect 0 "$MKT" key remove "$first"
expect 3 "$MKT" key show "$first"
expect 3 "$MKT" key remove "$first"
expect 0 "$MKT" key remove "$third" --force
[[ -z $(state_of "$third") ]] || fail "it is listed still"

# Without the registry the list is there all the same, by what was kept, and without that unknown.
stop_mktd
is "$second" retired
export XDG_STATE_HOME=$work/nothing
is "$second" unknown
expect 0 "$MKT" key list
says err "not known"
