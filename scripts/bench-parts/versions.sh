#!/usr/bin/env bash
# scripts/bench-parts/versions.sh [RUNS]
#
# Measures how long it takes to show a connector with 1 to 10,000 versions, to show one of its
# versions, and to publish another one. Prints medians of RUNS (default 5).
set -euo pipefail
preset=release
source "$(dirname "$0")/../prerequisites"
source "$top/scripts/measuring"
runs=${1:-5}
seconds=1
curve="Versions of a connector: p50"

need_packages "${build_packages[@]}" curl jq sqlite3 wrk
build mkt mktd
workshop

start_mktd
new_publisher
for size in 1 10 100 1000 10000; do
  make_connector "of-$size"
  "$mkt" publish "of-$size" >/dev/null 2>&1
done
stop_mktd
# Copies version 1.0.0 as often as needed.
for size in 10 100 1000 10000; do
  sqlite3 data/mktd.db "
    PRAGMA synchronous = OFF;
    CREATE TEMP TABLE copy AS SELECT * FROM versions WHERE connector_id = 'of-$size';
    CREATE TEMP TABLE copies AS
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $size - 1)
    SELECT n.i, copy.* FROM n, copy;
    UPDATE copies SET version = '1.0.' || i,
      manifest = json_set(manifest, '\$.version', '1.0.' || i);
    ALTER TABLE copies DROP COLUMN i;
    INSERT INTO versions SELECT * FROM copies;
    UPDATE connectors SET latest_version = '1.0.' || ($size - 1) WHERE id = 'of-$size';"
done
start_mktd

# The same answer each time: from the cache, unless it is too long to be kept.
show_all() { load 1 "$MKT_REGISTRY/v1/connectors/of-$size"; }
# Another version each time, so that few answers come from the cache.
show_one() {
  cat >any.lua <<LUA
math.randomseed(os.time())
function request() return wrk.format("GET", "/v1/connectors/of-$size/1.0." .. math.random(0, $size - 1)) end
LUA
  load 1 "$MKT_REGISTRY" -s any.lua
}
for size in 1 10 100 1000 10000; do
  all=() one=() published=()
  for ((i = 0; i < runs; i++)); do
    show_all
    all+=("$p50")
    show_one
    one+=("$p50")
    make_connector "of-$size" custom "2.0.$i"
    ms "$mkt" publish "of-$size"
    published+=("$took")
  done
  row "showing a connector with all $size versions" ms "${all[@]}"
  row "showing any one of $size versions" ms "${one[@]}"
  row "mkt publish beside $size versions" ms "${published[@]}"
  grown "$curve" "all of them" ms "$size" "${all[@]}"
  grown "$curve" "any one of them" ms "$size" "${one[@]}"
  grown "$curve" "mkt publish of one more" ms "$size" "${published[@]}"
done
