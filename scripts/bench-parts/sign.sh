#!/usr/bin/env bash
# scripts/bench-parts/sign.sh [RUNS]
#
# Compares mkt sign and verify with minisign and sha256sum, on a small file, where the start
# matters, and on a large one, where the hash matters. Prints medians of RUNS (default 11).
set -euo pipefail
preset=release
source "$(dirname "$0")/../prerequisites"
source "$top/scripts/measuring"
runs=${1:-11}

need_packages "${build_packages[@]}" jq
build mkt
workshop

key=$("$mkt" key generate --publisher bench --no-passphrase 2>/dev/null)
"$mkt" key export "$key" --format pem >bench.pem
head -c 1000 /dev/urandom >"1 kB"
head -c 50000000 /dev/urandom >"50 MB"
sign() { ms "$mkt" sign "$size"; }
verify() { ms "$mkt" verify "$size" --public-key bench.pem; }
their_sign() { ms minisign -S -s minisign.key -m "$size"; }
their_verify() { ms minisign -V -p minisign.pub -m "$size"; }
hash_only() { ms sha256sum "$size"; }

peer=
if have minisign; then
  peer=minisign
  minisign -G -W -p minisign.pub -s minisign.key >/dev/null
fi
for size in "1 kB" "50 MB"; do
  sign
  if [[ -n $peer ]]; then
    alternate "sign, $size" ms less minisign sign their_sign
    alternate "verify, $size" ms less minisign verify their_verify
  fi
  # sha256sum checks no signature.
  alternate "verify, $size" ms less sha256sum verify hash_only
done
