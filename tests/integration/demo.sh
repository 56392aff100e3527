#!/usr/bin/env bash
# The demo works, cleans up, and ends with 1 when a folder is refused.
source "$(dirname "$0")/lib.sh"

make_connector extra
mkdir tmp
export TMPDIR=$work/tmp
expect 0 "$SOURCE/scripts/demo" extra
says out "Done: 2 published, installed and verified"
[[ -z $(ls -A tmp) ]] || fail "the demo leaves $(ls -A tmp)"
rm extra/index.js
expect 1 "$SOURCE/scripts/demo" "$PWD/extra"
says err "Refused"
