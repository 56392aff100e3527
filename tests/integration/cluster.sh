#!/usr/bin/env bash
# Two daemons, one marketplace: PostgreSQL and a real S3 (Ceph's radosgw). What one answers, the other
# knows; a revocation is known everywhere when it is answered; either goes on without the other.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/s3_server.sh"
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

# Settings that do not go together are refused before anything is opened.
expect 2 "$MKTD" --data x --database "$MKT_TEST_POSTGRES" --check-config
says err "database and blobs go together"
expect 10 "$MKTD" --data data --listen 127.0.0.1:0 "${shared[@]}"
says err "mktd init --database"

expect 0 "$MKTD" init --data data --database "$MKT_TEST_POSTGRES"
says out "data/admin.token"
expect 8 "$MKTD" init --data elsewhere --database "$MKT_TEST_POSTGRES"
says err "has a marketplace already"
# It goes on where an attempt stopped, and leaves the folder of another marketplace alone.
"$bin/psql" -q "$MKT_TEST_POSTGRES" -c 'DELETE FROM tokens'
mkdir -m 700 own
echo rows >own/mktd.db
expect 8 "$MKTD" init --data own --database "$MKT_TEST_POSTGRES"
says err "has a marketplace of its own"
[[ ! -e own/admin.token && ! -e own/blobs ]] || fail "init wrote into the folder of another marketplace"
expect 8 "$MKTD" --data own --listen 127.0.0.1:0 "${shared[@]}"
expect 0 "$MKTD" init --data data --database "$MKT_TEST_POSTGRES"
# Who cannot sign in to the bucket is told at the start.
expect 11 env AWS_SECRET_ACCESS_KEY=wrong "$MKTD" --data data --listen 127.0.0.1:0 "${shared[@]}"
says err "while looking into the bucket"

# start_other [FLAG…]: a second daemon on the same storage; sets other, and its URL in there.
start_other() {
  rm -f other/mktd.url
  "$MKTD" --data other --listen 127.0.0.1:0 "${no_limits[@]}" "${shared[@]}" "$@" 2>>other.log &
  other=$!
  wait_for "the other daemon" test -s other/mktd.url
  there=$(<other/mktd.url)
}
start_mktd "${shared[@]}"
start_other
here=$MKT_REGISTRY
export MKT_TOKEN=$token

# What people see of the two.
are_shown() {
  "$MKTD" status --cluster --database "$MKT_TEST_POSTGRES" --json >status
  [[ $(jq -r '[.daemons[] | select(.alive) | .url] | sort | join(" ")' status) == "$(printf '%s\n' "$here" "$there" | sort | paste -sd' ')" ]]
}
wait_for "both daemons to be shown" are_shown
jq -e '.differentSettings == [] and .era == 1 and all(.daemons[]; .behind == 0 and .version != "")' status >/dev/null ||
  fail "status --cluster: $(<status)"
has_jobs() { are_shown && jq -e '[.jobs[] | select(.daemon) | .name] | contains(["housekeeping"])' status >/dev/null; }
wait_for "somebody to have each job" has_jobs
expect 0 "$MKTD" status --cluster --database "$MKT_TEST_POSTGRES"
says out "$there"
says out housekeeping
expect 2 "$MKTD" status --cluster --database nonsense

register acme
make_connector tool
"$MKT" publish tool >/dev/null 2>&1 || fail "publish"
# Read your writes, elsewhere.
MKT_REGISTRY=$there expect 0 "$MKT" install tool
says out "installed tool@1.0.0"
MKT_REGISTRY=$there expect 0 "$MKT" search tool
says out tool

# Who was told of a change here asks there for it, by its number, before the news may have come; never
# is the answer an older one.
for i in $(seq 60); do
  curl -sS -D heads -o /dev/null -H "Authorization: Bearer $token" -d "{\"reason\": \"r$i\"}" \
    "$here/v1/connectors/tool/1.0.0/deprecate"
  number=$(sed -n 's/^Mkt-Sequence: \([0-9]*\).*/\1/p' heads)
  [[ $number -gt 0 ]] || fail "the answer to a change has no number: $(<heads)"
  [[ $(curl -sS -H "Mkt-Min-Sequence: $number" "$there/v1/connectors/tool/1.0.0" | jq -r .deprecationReason) == "r$i" ]] ||
    fail "the other daemon answered from before change $number"
done
curl -sS -o /dev/null -X DELETE -H "Authorization: Bearer $token" "$here/v1/connectors/tool/1.0.0/deprecate"
# A number of the future is nothing to wait for.
expect 0 curl -fsS -o /dev/null --max-time 5 -H "Mkt-Min-Sequence: 9223372036854775807" "$there/v1/connectors/tool/1.0.0"

# A token that was revoked here is refused there, at once; it was remembered there.
for i in 1 2 3 4 5 6 7 8 9 10; do
  "$MKT" token create --role member --subject team --name "t$i" --json >made
  secret=$(jq -er .token made)
  MKT_REGISTRY=$there MKT_TOKEN=$secret expect 0 "$MKT" whoami
  expect 0 "$MKT" token revoke "$(jq -er .id made)"
  MKT_REGISTRY=$there MKT_TOKEN=$secret expect 4 "$MKT" whoami
done

# Who signs in on the pages of one daemon is signed in on those of the other, and out of both at once.
page() { # PLACE PATH: prints the status; the page goes to ./body
  curl -sS -o body -w '%{http_code}' -H 'Accept: text/html' -H "Cookie: $cookie" "$1$2"
}
for places in "$here $there" "$there $here"; do
  read -r one two <<<"$places"
  curl -sS -o body -D heads -H 'Accept: text/html' --data-urlencode "token=$token" "$one/sign-in"
  cookie=$(sed -nE 's/^set-cookie: (mkt-session=[^;]+);.*/\1/Ip' heads)
  [[ $(page "$two" /log) == 200 ]] || fail "signed in at one daemon alone: $(<body)"
  form=$(sed -nE 's/.*name="form" value="([0-9a-f]{64})".*/\1/p' body | head -n 1)
  [[ $(page "$one" /log) == 200 ]] || fail "signed in no more"
  curl -sS -o body -D heads -H 'Accept: text/html' -H "Cookie: $cookie" -d "form=$form" "$two/sign-out"
  grep -q '^HTTP/1.1 303' heads || fail "not signed out: $(<heads)"
  for at in "$one" "$two"; do
    [[ $(page "$at" /log) == 401 ]] || fail "signed out at one daemon alone"
  done
done

# The same Idempotency-Key, here and there at once: it is done once, and the second is told to ask again,
# or gets the same answer.
install_once() { # NUMBER PLACE: its answer goes to PLACE.body and PLACE.status
  curl -sS -o "$2.body" -w '%{http_code}' -H "Authorization: Bearer $token" -H "Idempotency-Key: same-$1" \
    -d '{"connectorId": "tool", "version": "1.0.0"}' "${!2}/v1/tenants/t$1/installs" >"$2.status"
}
for i in $(seq 20); do
  install_once "$i" here & first=$!
  install_once "$i" there & second=$!
  wait "$first" "$second"
  for at in here there; do
    [[ $(<$at.status) == 2?? || $(jq -r .code $at.body) == in_progress ]] || fail "$at: $(<$at.status) $(<$at.body)"
    install_once "$i" "$at"
    [[ $(<$at.status) == 2?? ]] || fail "$at, again: $(<$at.status) $(<$at.body)"
  done
  [[ $(jq -r .requestId here.body) == "$(jq -r .requestId there.body)" ]] || fail "it was done twice"
done

# Many ask for a tarball that the other daemon has never had: it is fetched once, and all get it.
make_connector large
head -c 20000000 /dev/urandom >large/data
expect 0 "$MKT" publish large --key "$key"
# On a busy machine the database may not answer in time: then they ask again, as clients do.
fetch() { curl -sS -f --retry 5 -o "large.$1" "$there/v1/connectors/large/1.0.0/tarball"; }
asking=()
for i in $(seq 100); do
  fetch "$i" & asking+=($!)
done
for one in "${asking[@]}"; do wait "$one" || fail "somebody did not get the tarball"; done
[[ $(sha256sum large.* | cut -d' ' -f1 | sort -u | wc -l) == 1 ]] || fail "they got different bytes"
rm large.*
there_says() { curl -sS "$there/metrics" | sed -n "s/^$1 //p"; }
[[ $(there_says mktd_blob_cache_fetches_total) == 2 ]] || fail "the store was asked $(there_says mktd_blob_cache_fetches_total) times"
[[ $(there_says mktd_blob_cache_opened_total) -ge 100 && $(there_says mktd_log_entry) -gt 0 ]] || fail "the metrics of a shared store"

# A proof that was asked for here is good there: the challenge's secret is shared.
key2=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
MKT_REGISTRY=$there expect 0 "$MKT" key add "$key2"

# One is killed: the other goes on, and what was answered is there.
make_connector second
"$MKT" publish second --key "$key" >/dev/null 2>&1 || fail "publish second"
kill -KILL "$other"
wait "$other" || true
other=
expect 0 "$MKT" publish tool --key "$key"
rm -rf connectors
expect 0 "$MKT" install second
# A revocation waits for the killed one's lease at most; the next daemon knows of it.
start_other
expect 0 "$MKT" key revoke "$key" --reason-code compromised --reason test --yes
MKT_REGISTRY=$there expect 4 "$MKT" install tool --dir elsewhere/tool
MKT_REGISTRY=$there expect 0 "$MKT" search tool --json
jq -e '.connectors[0].quarantined' out >/dev/null || fail "a search does not tell of the quarantine: $(<out)"
[[ $here != "$there" ]] || fail "there is one daemon only"

# Daemons whose settings differ say so, and which.
kill "$other"
wait "$other"
start_other --registration open
differ() { [[ $(curl -sS "$MKT_REGISTRY/readyz" | jq -r '.parts[] | select(.name == "cluster") | .reason') == "settings differ between the daemons: registration;"* ]]; }
wait_for "the difference to be told" differ

# While the database is away who signs out is out where it was asked for, and told that nobody else knows.
curl -sS -o body -D heads -H 'Accept: text/html' --data-urlencode "token=$token" "$MKT_REGISTRY/sign-in"
cookie=$(sed -nE 's/^set-cookie: (mkt-session=[^;]+);.*/\1/Ip' heads)
[[ $(page "$MKT_REGISTRY" /log) == 200 ]] || fail "not signed in: $(<body)"
form=$(sed -nE 's/.*name="form" value="([0-9a-f]{64})".*/\1/p' body | head -n 1)
stop_postgres
server=
[[ $(curl -sS -o body -D heads -w '%{http_code}' -H 'Accept: text/html' -H "Cookie: $cookie" -d "form=$form" "$MKT_REGISTRY/sign-out") == 503 ]] ||
  fail "signed out without a database: $(<body)"
says body "You are signed out here"
grep -qi '^set-cookie: mkt-session=; .*Max-Age=0' heads || fail "the browser keeps its cookie: $(<heads)"
[[ $(page "$MKT_REGISTRY" /log) == 401 ]] || fail "still signed in: $(<body)"
[[ $(page "$MKT_REGISTRY" /assets/style.css) == 200 ]] || fail "the page has no style"
