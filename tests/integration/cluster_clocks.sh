#!/usr/bin/env bash
# Two daemons of which one has a clock that is ten minutes ahead: times are the database's for both, and
# the one that is wrong says so.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/s3_server.sh"
library=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
[[ -n $library ]] || skip "libfaketime is not installed"
[[ -z $SANITIZER ]] || skip "a sanitizer's library must be loaded before libfaketime"
other=
cleanup() {
  [[ -z $other ]] || { kill "$other" 2>/dev/null && wait "$other"; } || true
  stop_mktd || true
  stop_s3
  stop_postgres
}
source "$(dirname "$0")/postgres_server.sh"
start_s3
shared=(--database "$MKT_TEST_POSTGRES" --blobs "$MKT_TEST_S3")
expect 0 "$MKTD" init --data data --database "$MKT_TEST_POSTGRES"
start_mktd "${shared[@]}"
LD_PRELOAD=$library FAKETIME=+10m FAKETIME_DONT_FAKE_MONOTONIC=1 \
  "$MKTD" --data other --listen 127.0.0.1:0 "${no_limits[@]}" "${shared[@]}" 2>>mktd.log &
other=$!
wait_for "the other daemon" test -s other/mktd.url
there=$(<other/mktd.url) here=$MKT_REGISTRY
export MKT_TOKEN=$token

says_skew() { curl -sS "$there/readyz" | jq -r '.parts[] | select(.name == "cluster") | .reason' >reason && grep -q "clock is .* s ahead of the database's" reason; }
wait_for "the daemon to say that its clock is wrong" says_skew
curl -sS "$here/readyz" | jq -e '.parts[] | select(.name == "cluster") | .status == "ok"' >/dev/null || fail "the other one is right"

# A token that is good for five minutes: also there, where these have passed.
soon=$(date -u -d '+5 minutes' +%Y-%m-%dT%H:%M:%SZ)
short=$(curl -sS -H "Authorization: Bearer $token" -d "{\"role\":\"member\",\"subject\":\"team\",\"name\":\"n\",\"expiresAt\":\"$soon\"}" "$here/v1/tokens" | jq -er .token)
MKT_REGISTRY=$there MKT_TOKEN=$short expect 0 "$MKT" whoami
# And one that was made there has the time of here.
made=$(curl -sS -H "Authorization: Bearer $token" -d '{"role":"member","subject":"team","name":"m"}' "$there/v1/tokens" | jq -er .createdAt)
(($(date -d "$made" +%s) < $(date +%s) + 60)) || fail "a token was made at $made"

# A proof that was asked for here is good there; a request that was made there ends as it says.
register acme
key2=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
MKT_REGISTRY=$there expect 0 "$MKT" key add "$key2"
make_connector tool
MKT_REGISTRY=$there expect 0 "$MKT" publish tool --key "$key"
published=$(curl -sS "$here/v1/connectors/tool/1.0.0" | jq -r .publishedAt)
(($(date -d "$published" +%s) < $(date +%s) + 60)) || fail "published at $published"
# The log's times never fall.
"$MKT" log --json | jq -e '[.entries[].at] as $t | $t == ($t | sort) or $t == ($t | sort | reverse)' >/dev/null || fail "the log's times are out of order"
