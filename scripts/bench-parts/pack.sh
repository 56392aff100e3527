#!/usr/bin/env bash
# scripts/bench-parts/pack.sh [RUNS]
#
# Compares mkt pack with tar, gzip and pigz, all at level 9, on 30 MB of sources: time and size.
# Prints medians of RUNS (default 5).
set -euo pipefail
preset=release
source "$(dirname "$0")/../prerequisites"
source "$top/scripts/measuring"
runs=${1:-5}

need_packages "${build_packages[@]}" jq time
build mkt
workshop

make_tree tree 30000000
pack() { ms "$mkt" pack tree -o tree.tgz; }
with() { ms bash -o pipefail -c "tar c tree | $1 -9 >tree.$1"; }
for peer in gzip pigz; do
  have $peer || continue
  alternate "pack, 30 MB of sources" ms less "tar, $peer -9" pack "with $peer"
  pair "the tarball's size" kB less "tar, $peer -9" \
    "$(($(stat -c %s tree.tgz) / 1000))" "$(($(stat -c %s tree.$peer) / 1000))"
done
row "mkt pack, 30 MB: most resident" MiB \
  "$(/usr/bin/time -f %M "$mkt" pack tree -o tree.tgz 2>&1 >/dev/null | awk 'END {print $1 / 1024}')"
