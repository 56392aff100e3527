#!/usr/bin/env bash
# The demo works, cleans up, and ends with 1 when a folder is refused.
source "$(dirname "$0")/lib.sh"

make_connector extra
mkdir tmp
export TMPDIR=$work/tmp
expect 0 "$SOURCE/scripts/demo" extra
says out "Done: 2 published, installed and verified"
[[ -z $(ls -A tmp) ]] || fail "the demo leaves $(ls -A tmp)"
# More folders than the usual limits let through in a quarter of an hour: 10 publishes, 50 downloads.
many=()
for ((i = 1; i <= 26; i++)); do
  make_connector "many-$i"
  many+=("many-$i")
done
expect 0 "$SOURCE/scripts/demo" "${many[@]}"
says out "no rate limits"
says out "Done: 27 published, installed and verified"
rm extra/index.js
expect 1 "$SOURCE/scripts/demo" "$PWD/extra"
says err "Refused"
