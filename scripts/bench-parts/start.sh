#!/usr/bin/env bash
# scripts/bench-parts/start.sh [RUNS]
#
# Measures what the README promises and has no peer: start, idle memory, publishing and installing.
# Prints medians of RUNS (default 7). Compares the install with tar.
set -euo pipefail
preset=release
source "$(dirname "$0")/../prerequisites"
source "$top/scripts/measuring"
runs=${1:-7}

need_packages "${build_packages[@]}" curl jq time
build mkt mktd
workshop

values=()
for ((i = 0; i < runs * 5; i++)); do ms "$mkt" --version && values+=("$took"); done
row "mkt --version" ms "${values[@]}"

values=() idle=()
for ((i = 0; i < runs; i++)); do
  rm -rf data
  start_mktd
  values+=("$took")
  sleep 0.3
  idle+=("$(resident "$daemon" VmRSS)")
  stop_mktd
done
row "mktd, empty folder: start until it has answered" ms "${values[@]}"
row "mktd, idle: resident" MiB "${idle[@]}"

make_connector large
head -c 51000000 /dev/urandom >large/noise.bin
make_tree small 4500000
make_tree tiny 1000000
"$mkt" pack small -o small.tgz >/dev/null
values=() client=() server=() installs=() tiny=() warm=() untarred=()
for ((i = 0; i < runs; i++)); do
  rm -rf data config cache connectors untarred
  start_mktd
  new_publisher
  "$mkt" pack large -o large.tgz >/dev/null
  "$mkt" sign large.tgz >/dev/null
  ms /usr/bin/time -o time.txt -f %M "$mkt" publish large.tgz && values+=("$took")
  client+=("$(awk '{print $1 / 1024}' time.txt)")
  server+=("$(resident "$daemon" VmHWM)")
  "$mkt" publish small >/dev/null
  "$mkt" publish tiny >/dev/null
  ms "$mkt" install small && installs+=("$took")
  ms "$mkt" install tiny && tiny+=("$took")
  rm -rf connectors
  ms "$mkt" install tiny && warm+=("$took")
  mkdir untarred
  ms tar xzf small.tgz -C untarred && untarred+=("$took")
  stop_mktd
done
row "mkt publish, a tarball of $(($(stat -c %s large.tgz) / 1000000)) MB" ms "${values[@]}"
row "mkt publish, the same: client's most resident" MiB "${client[@]}"
row "mkt publish, the same: mktd's most resident" MiB "${server[@]}"
row "mkt install, 1 MB in $(find tiny -type f | wc -l) files" ms "${tiny[@]}"
row "mkt install, the same from the cache" ms "${warm[@]}"
# tar neither downloads nor checks anything.
pair "install, $(($(stat -c %s small.tgz) / 1000)) kB, $(find small -type f | wc -l) files" ms less "tar xzf" \
  "${installs[*]}" "${untarred[*]}"
