#!/usr/bin/env bash
# cluster_standby.sh [CHANGES]: the only synchronous standby stops, so no commit is confirmed. Changes wait,
# and end with 503 in time; none is told as made, not even where somebody cancels the wait, which commits
# it on the primary alone. When the standby is back, they go on, and each was made once.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
source "$SOURCE/tests/integration/synchronous_standby.sh"
deadline=30000 # ms, in which a change is answered: ten seconds, and more where a machine is busy
start_three

# change NUMBER NAME: asks the daemon for a token of that number; prints the status and the milliseconds.
change() {
  local began status
  began=$(now_ms)
  status=$(curl -sS -o "answer.$1" -w '%{http_code}' --max-time 120 -H "Authorization: Bearer $token" -H "Idempotency-Key: change-$1" \
    -d "{\"role\":\"member\",\"subject\":\"team\",\"name\":\"change-$1\"}" "$(at "$2")/v1/tokens")
  echo "$status $(($(now_ms) - began)) $1 $2"
}
for name in a b c; do [[ $(change "before-$name" "$name") == 201* ]] || fail "a change with the standby"; done

# changes ROUND: CHANGES of them, all at once; their statuses and times are in ./ROUND.
changes() {
  local i all=() names=(a b c)
  for ((i = 0; i < ${count:-6}; i++)); do
    change "$1-$i" "${names[i % 3]}" >"$1.$i" & all+=($!)
  done
  wait "${all[@]}"
  cat "$1".? "$1".?? 2>/dev/null >"$1" || true
}
count=${1:-6}
kill -INT "$standby"
wait "$standby" || true
standby=
changes alone
# Somebody cancels what waits, again and again.
touch cancelling
while [[ -e cancelling ]]; do
  sql "SELECT count(*) FROM (SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep') AS t" >>cancelled
  sleep 0.2
done &
helpers+=($!)
changes cancelled-wait
rm cancelling
stop_helpers
[[ $(awk '{n += $1} END {print n}' cancelled) -gt 0 ]] || fail "there was no wait to cancel"
for round in alone cancelled-wait; do
  [[ $(cut -d' ' -f1 "$round" | sort -u) == 503 ]] || { cat "$round" >&2; fail "a change was not answered 503 while nothing could be confirmed"; }
  slowest=$(cut -d' ' -f2 "$round" | sort -n | tail -n 1)
  ((slowest < deadline)) || fail "a change was answered after $slowest ms"
  echo "$round: $(wc -l <"$round") changes answered 503, after $(cut -d' ' -f2 "$round" | sort -n | head -n 1) to $slowest ms"
done

# It is back.
start_standby
wait_for "the standby" is_synchronous
began=$(now_ms)
is_made() { [[ $(change "after-$1" "$1") =~ ^(201|409) ]]; }
for name in a b c; do wait_for "$name to make changes" is_made "$name"; done
echo "all go on $(($(now_ms) - began)) ms after the standby"
# Asked again with their keys: made then or now, once. (409: the answer with the secret is not kept. Until
# thirty seconds have passed it says that the first is in progress.)
asked_again() {
  local status rest
  read -r status rest < <(change "$1" "$2")
  [[ $status == 201 ]] || [[ $(jq -r .code "answer.$1") == answer_lost ]]
}
while read -r _ _ number name; do
  wait_for "$number to be made" asked_again "$number" "$name"
  echo "change-$number" >>made.again
done <alone
check_made made.again
