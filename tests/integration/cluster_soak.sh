#!/usr/bin/env bash
# cluster_soak.sh [SECONDS]: three daemons do everything for a long time. Their memory does not grow, the
# row that every change updates leaves no dead copies behind, and no session idles within a transaction.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
seconds=${1:-20}
start_three
register acme
make_connector tool
expect 0 "$MKT" publish tool --key "$key"

# Tokens are made and revoked, connectors published, installed, deprecated and looked for.
work_at() {
  local n=0 id secret folder=$work/by.$1 url
  url=$(at "$1")
  export MKT_REGISTRY=$url
  mkdir "$folder"
  cd "$folder"
  while [[ ! -e ../over ]]; do
    n=$((n + 1))
    curl -sS -f -H "Authorization: Bearer $token" -d "{\"role\":\"member\",\"subject\":\"team\",\"name\":\"$1$n\"}" "$url/v1/tokens" >made || return 1
    read -r secret id < <(jq -er '"\(.token) \(.id)"' made)
    curl -sS -f -o answer -H "Authorization: Bearer $secret" -d '{"connectorId": "tool"}' "$url/v1/tenants/team/installs" || return 1
    curl -sS -f -o answer -H "Authorization: Bearer $token" -d "{\"reason\": \"$1 $n\"}" "$url/v1/connectors/tool/1.0.0/deprecate" || return 1
    curl -sS -f -X DELETE -H "Authorization: Bearer $token" "$url/v1/tokens/$id" || return 1
    if ((n % 10 == 0)); then
      make_connector "from-$1" "1.0.$n"
      "$MKT" publish "from-$1" --key "$key" >out 2>err || { cat err >&2; return 1; }
    fi
    echo "$n" >done
  done
}
working=()
for name in a b c; do
  work_at "$name" & working+=($!)
  perl "$SOURCE/tests/integration/get_paths.pl" "$(at "$name")" "$name.failed" /v1/connectors/tool /v1/connectors/tool/1.0.0/tarball \
    '/v1/search?q=tool' '/v1/search?q=from' /v1/keys /v1/stats /v1/publishers &
  helpers+=($!)
  perl "$SOURCE/tests/integration/make_tokens.pl" "$(at "$name")" "$token" "$name" &
  helpers+=($!)
done

memory() { awk '/^VmRSS/ {print $2}' "/proc/${pids[$1]}/status"; } # KiB
# Sessions that have stayed within a transaction for two seconds, without a statement.
idle() {
  ask "SELECT count(*) FROM pg_stat_activity
       WHERE state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - interval '2 s'"
}
# watch SECONDS: every second the largest of what must not be.
idled=0 head=0
watch() {
  local end=$((SECONDS + $1)) size
  while ((SECONDS < end)); do
    sleep 1
    (($(idle) == 0)) || idled=$((idled + 1))
    size=$(ask "SELECT pg_total_relation_size('log_head')")
    ((size <= head)) || head=$size
    for pid in "${working[@]}"; do kill -0 "$pid" 2>/dev/null || fail "the work at a daemon failed"; done
  done
}
# The first third fills what is remembered.
watch $((seconds / 3))
declare -A warm
for name in a b c; do warm[$name]=$(memory "$name"); done
watch $((seconds - seconds / 3))
for name in a b c; do
  now=$(memory "$name")
  echo "$name: $(cat "by.$name/done") rounds; ${warm[$name]} KiB after $((seconds / 3)) s, $now KiB after $seconds s"
  ((now <= warm[$name] * 5 / 4 + $(memory_bound 8192))) || fail "the memory of $name grew from ${warm[$name]} to $now KiB"
done
touch over
for pid in "${working[@]}"; do wait "$pid" || fail "the work at a daemon failed"; done
stop_helpers
for name in a b c; do
  [[ $(grep -c -v '^asked' "$name.failed") == 0 ]] || { head "$name.failed" >&2; fail "reads at $name failed"; }
done
((idled == 0)) || fail "sessions idle within a transaction, seen $idled times"
((head < 1048576)) || fail "log_head has grown to $head bytes"
echo "$(ask 'SELECT count(*) FROM audit_log') entries, log_head at most $head bytes, $(awk '/^asked/ {n += $2} END {print n}' ?.failed) reads"
