#!/usr/bin/env bash
# cluster_feed.sh [SECONDS]: three daemons make changes at once, while somebody reads the log of each of
# them on and on. Nobody misses an entry, none comes late, the numbers have no gap, and times never fall.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
start_three

# read_log NAME: appends "SEQUENCE TIME" of each new entry to NAME.read, as a client does who keeps the last
# number, until ./over exists and there is no more.
read_log() {
  local after=0 over=
  while :; do
    [[ ! -e over ]] || over=1
    curl -sS -H "Authorization: Bearer $token" "$(at "$1")/v1/log?after=$after&limit=1000" |
      jq -r '.entries[] | "\(.sequence) \(.at)"' >"$1.more" || return 1
    if [[ -s $1.more ]]; then
      cat "$1.more" >>"$1.read"
      read -r after _ < <(tail -n 1 "$1.more")
    else
      [[ -z $over ]] || return 0
      sleep 0.02
    fi
  done
}
readers=()
for name in a b c; do
  perl "$SOURCE/tests/integration/make_tokens.pl" "$(at "$name")" "$token" "$name" &
  helpers+=($!)
  read_log "$name" &
  readers+=($!)
done
sleep "${1:-5}"
stop_helpers
touch over
for reader in "${readers[@]}"; do wait "$reader" || fail "the log could not be read"; done

ask 'SELECT seq FROM audit_log ORDER BY seq' >kept
[[ $(sort -u -n kept | wc -l) == $(($(tail -n 1 kept) - $(head -n 1 kept) + 1)) ]] || fail "the numbers have gaps"
for name in a b c; do
  [[ -s $name.made ]] || fail "nothing was made at $name"
  cut -d' ' -f1 "$name.read" | diff - kept >differences ||
    { head differences >&2; fail "the reader of $name has seen another log than there is"; }
  cut -d' ' -f2 "$name.read" | LC_ALL=C sort -c || fail "the log's times fall"
done
check_made a.made b.made c.made
echo "$(wc -l <kept) entries in ${1:-5} s, read at three daemons"
