#!/usr/bin/env bash
# A store of tarballs that is slow: an answer begins after five seconds, and comes with 1 MB a second.
# Whoever fetches tarballs that are not in the cache, or publishes, waits, or is told to come again;
# nobody else waits, and what waits is bounded.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/s3_server.sh"
proxy=
fetching=() publishing=()
cleanup() {
  for pid in "${fetching[@]}" "${publishing[@]}"; do { kill "$pid" && wait "$pid"; } 2>/dev/null || true; done
  stop_mktd || true
  [[ -z $proxy ]] || { kill "$proxy" && wait "$proxy"; } 2>/dev/null || true
  stop_s3
  stop_postgres
}
source "$(dirname "$0")/postgres_server.sh"
start_s3
s3_port=$(sed 's|.*endpoint=http://127.0.0.1:\([0-9]*\).*|\1|' <<<"$MKT_TEST_S3")
perl "$SOURCE/tests/integration/slow_proxy.pl" "$s3_port" proxy.port slow proxy.counts &
proxy=$!
wait_for "the proxy" test -s proxy.port

# A cache that holds nothing for long; eight uploads at once, of which one address may have half.
expect 0 "$MKTD" init --data data --database "$MKT_TEST_POSTGRES"
start_mktd --database "$MKT_TEST_POSTGRES" --blobs "${MKT_TEST_S3/:$s3_port/:$(<proxy.port)}" \
  --blob-cache-bytes 1 --max-uploads 8
export MKT_TOKEN=$token
memory() { awk '/VmHWM/ {print $2}' "/proc/$daemon/status"; } # KiB, the most there was
publishers=(acme beta gamma)
declare -A key_of=()
for publisher in "${publishers[@]}"; do
  register "$publisher"
  key_of[$publisher]=$key
  "$MKT" token create --role publisher --subject "$publisher" >"$publisher.token" 2>/dev/null
done
make_connector tool
expect 0 "$MKT" publish tool --key "${key_of[acme]}"
fetched=(one two three four five six)
head -c 2000000 /dev/urandom >noise
for name in "${fetched[@]}"; do
  make_connector "$name"
  { cat noise; echo "$name"; } >"$name/noise.bin"
  expect 0 "$MKT" publish "$name" --key "${key_of[acme]}"
done
# body.NAME: a request that publishes it.
head -c 6000000 /dev/urandom >noise
uploads=()
for publisher in "${publishers[@]}"; do
  for n in 1 2 3 4; do
    name=$publisher-$n
    uploads+=("$name")
    make_connector "$name"
    { cat noise; echo "$name"; } >"$name/noise.bin"
    older_body "$name" "${key_of[$publisher]}" "body.$name"
  done
done

# Small ones, whose bodies take no place among the uploads.
small=()
for n in $(seq 11 50); do
  publisher=${publishers[n % 3]}
  name=$publisher-$n
  small+=("$name")
  make_connector "$name"
  older_body "$name" "${key_of[$publisher]}" "body.$name"
done

timings() { perl "$SOURCE/tests/integration/timings.pl" "$MKT_REGISTRY" "$token" "$1" "$2" >"timings.$2"; }
timings 6 before
before=$(memory)
touch slow

# fetch FILE: fetches one tarball after the other, and writes down what became of each.
fetch() {
  local i name status
  for ((i = $1; ; i++)); do
    name=${fetched[i % 6]}
    status=$(curl -sS -o "fetched.$1" -D "fetched.headers.$1" -w '%{http_code}' "$MKT_REGISTRY/v1/connectors/$name/1.0.0/tarball" 2>&1) ||
      status="broken $status"
    if [[ $status == 503 ]] && ! grep -qi '^retry-after: [0-9]' "fetched.headers.$1"; then status="503 without Retry-After"; fi
    if [[ $status == 200 ]] && ! tar -xzOf "fetched.$1" connector.manifest.json | grep -q "\"$name\""; then status="200 wrong"; fi
    echo "$status" >>"fetch.$1"
    [[ $status == 200 ]] || sleep 1
  done
}
for ((i = 0; i < 8; i++)); do
  fetch "$i" & fetching[i]=$!
done
publish() { # NAME
  curl -sS -o "published.$1" -D "headers.$1" -w '%{http_code}' -H "Authorization: Bearer $(<"${1%-*}.token")" \
    --data-binary "@body.$1" "$MKT_REGISTRY/v1/publish" >"status.$1"
}
for name in "${uploads[@]}"; do
  publish "$name" & publishing+=($!)
done
timings 25 during
wait "${publishing[@]}" || fail "an upload was broken off"
kill "${fetching[@]}"
wait "${fetching[@]}" 2>/dev/null || true
fetching=() publishing=()
grew=$((($(memory) - before) / 1024))
read -r most_puts gets <proxy.counts
rm slow

echo "route, requests, failures, p50 and p99 in ms: before, and while the store is slow"
paste -d' ' timings.before timings.during
awk 'NR == FNR { p99[$1] = $5; next } { printf "%s: p99 during / before %.2f\n", $1, $5 / p99[$1] }' timings.before timings.during
echo "tarballs: $(cat fetch.? | sort | uniq -c | xargs), $gets fetched from the store"
echo "uploads: $(for name in "${uploads[@]}"; do cat "status.$name"; echo; done | sort | uniq -c | xargs), $most_puts at once; memory grew by $grew MiB"

# Nobody else waits.
awk '$2 < 20 || $3 > 0 || $5 > 1000 { bad = 1 } END { exit bad || NR != 3 }' timings.during || fail "others wait for the store"
# Tarballs come whole, or one is told to come again.
[[ -z $(cat fetch.? | grep -vx '200\|503') ]] || fail "tarballs: $(cat fetch.? | sort | uniq -c)"
grep -qx 200 fetch.? || fail "no tarball came"
# So do uploads, as many at once as one address may have.
refused=()
for name in "${uploads[@]}"; do
  case $(<"status.$name") in
    201) ;;
    503)
      grep -qi '^retry-after: [0-9]' "headers.$name" || fail "no Retry-After: $(<"headers.$name")"
      refused+=("$name")
      ;;
    *) fail "$name: $(<"status.$name") $(<"published.$name")" ;;
  esac
done
((${#refused[@]} > 0)) || fail "all uploads had a place at once"
((${#refused[@]} <= 8)) || fail "${#refused[@]} uploads were refused, and there are four places"
((most_puts <= 4)) || fail "$most_puts uploads to the store at once"
((grew * 1024 < $(memory_bound $((64 * 1024))))) || fail "memory grew by $grew MiB"

# Many small publishes at once keep no other change waiting either.
touch slow
for name in "${small[@]}"; do publish "$name" & publishing+=($!); done
sleep 1 # until they have begun
began=$EPOCHREALTIME
"$MKT" token create --role member --subject team --name small --json >made 2>err
expect 0 "$MKT" token revoke "$(jq -er .id made)"
awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "a token and its revocation beside 40 small publishes: %.1f s\n", b - a; exit !(b - a < 3) }' ||
  fail "a revocation waits for small publishes and the store"
wait "${publishing[@]}" || fail "a small upload was broken off"
publishing=()
rm slow
for name in "${small[@]}"; do
  [[ $(<"status.$name") == 201 || $(<"status.$name") == 503 ]] || fail "$name: $(<"status.$name") $(<"published.$name")"
done

# When the store is well again, so is everything.
publish "${refused[0]}"
[[ $(<"status.${refused[0]}") == 201 ]] || fail "afterwards: $(<"published.${refused[0]}")"
for name in "${fetched[@]}" "${refused[0]}"; do expect 0 "$MKT" download "$name" -o "again-$name.tgz"; done
