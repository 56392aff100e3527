#!/usr/bin/env bash
# cluster_index.sh [DROPS]: the connection on which a daemon follows the others is dropped again and again,
# while connectors are published. In the end each daemon finds exactly what one finds that has just read
# everything: ten times as many searches as drops are compared.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
drops=${1:-20}
start_three
words=(alpha beta gamma delta kappa sigma omega)

# publish_at NAME: connectors, and new versions of them with other words, until ./over exists.
publish_at() {
  local n=0 id
  export MKT_REGISTRY
  MKT_REGISTRY=$(at "$1")
  mkdir "by.$1"
  cd "by.$1"
  while [[ ! -e ../over ]]; do
    id=$1-$((n % 5)) n=$((n + 1))
    make_connector "$id" "1.0.$n"
    sed -i "s/Made for a test/$1 ${words[RANDOM % 7]} ${words[RANDOM % 7]} $n/" "$id/connector.manifest.json"
    "$MKT" publish "$id" --key "${keys[$1]}" >out 2>err || { cat err >&2; return 1; }
    echo "$id" >>published
  done
}
declare -A keys
for name in a b c; do
  register "by-$name"
  keys[$name]=$key
done
publishing=()
for name in a b c; do
  publish_at "$name" & publishing+=($!)
done

# Sessions that have read the log last are those that follow.
dropped=0
drop_one() {
  local name=$1 count
  count=$(ask "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = '$name' AND pid <> pg_backend_pid() AND query LIKE 'SELECT seq, action, touches,%') AS t")
  ((count == 0)) || dropped=$((dropped + 1))
}
for ((i = 0; i < 50 * drops && dropped < drops; i++)); do
  for name in a b c; do ((dropped == drops)) || drop_one "$name"; done
  sleep "0.$((RANDOM % 3))"
done
((dropped == drops)) || fail "$dropped connections were dropped only"
touch over
for pid in "${publishing[@]}"; do wait "$pid" || fail "a connector could not be published"; done
wait_for "all to follow" have_followed

start d
# find_all NAME: what it finds for each search, one a line.
per_word=$(((drops * 10 + 20) / 21))
find_all() {
  local url word
  url=$(at "$1")
  for word in "${words[@]}"; do
    curl -sS -w '\n' "$url/v1/search?q=$word&sortBy={relevance,name,updated}&pageSize=3&page=[1-$per_word]"
  done
}
find_all d >found.d
[[ $(jq -s 'map(.total) | max' found.d) -ge 1 ]] || fail "nothing is found"
for name in a b c; do
  find_all "$name" >"found.$name"
  cmp -s "found.$name" found.d || { diff "found.$name" found.d | head -n 5 >&2; fail "$name finds something else than a new daemon"; }
done
echo "$(cat by.*/published | wc -l) versions published while $dropped connections were dropped; $(wc -l <found.d) searches are the same at all"
