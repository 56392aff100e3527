#!/usr/bin/env bash
# An install that is killed leaves the old tree or the new one, never a mixture; running it again
# converges. Two installs of one folder at once end with one whole tree.
source "$(dirname "$0")/lib.sh"

start_mktd
register acme
make_connector twin 1.0.0
for ((i = 0; i < 300; i++)); do echo "one $i" >"twin/lib/$i.js"; done
expect 0 "$MKT" publish twin
sed -i 's/"1.0.0"/"2.0.0"/' twin/connector.manifest.json
for ((i = 0; i < 300; i++)); do echo "two $i" >"twin/lib/$i.js"; done
expect 0 "$MKT" publish twin

expect 0 "$MKT" install twin@1.0.0
for ((round = 0; round < 20; round++)); do
  "$MKT" install "twin@$((round % 2 + 1)).0.0" >/dev/null 2>&1 &
  install=$!
  sleep "0.0$((RANDOM % 40 + 10))"
  kill -KILL "$install" 2>/dev/null || true
  wait "$install" 2>/dev/null || true
  expect 0 "$MKT" verify connectors/twin
done
expect 0 "$MKT" --json list
[[ $(jq '.connectors | length' out) == 1 ]] || fail "list shows installs that were killed"

for ((round = 0; round < 10; round++)); do
  "$MKT" --quiet install twin@1.0.0 >/dev/null 2>one.err & one=$!
  "$MKT" --quiet install twin@2.0.0 >/dev/null 2>two.err & two=$!
  wait "$one" || { cat one.err >&2; fail "the first of two installs"; }
  wait "$two" || { cat two.err >&2; fail "the second of two installs"; }
  expect 0 "$MKT" verify connectors/twin
done

# What the killed ones left is gone.
[[ $(ls -A connectors) == twin ]] || fail "leftovers: $(ls -A connectors)"
