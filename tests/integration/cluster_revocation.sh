#!/usr/bin/env bash
# cluster_revocation.sh [ROUNDS]: what was revoked by one daemon is refused by all from the moment of the
# answer: also while one of them hangs, while another one starts, and where PostgreSQL's notifications
# get lost. There are 100 requests in a round.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
rounds=${1:-5}
start_three
names=(a b c)
lease=10000 # ms

# set_places NUMBER: who revokes (here), and who is asked.
set_places() { here=${names[$1 % 3]} others=("${names[($1 + 1) % 3]}" "${names[($1 + 2) % 3]}"); }
# revoke_token ID DAEMON
revoke_token() {
  [[ $(curl -sS -o answer -w '%{http_code}' -X DELETE -H "Authorization: Bearer $token" "$(at "$2")/v1/tokens/$1") == 204 ]] ||
    fail "a token could not be revoked: $(<answer)"
}
# with_token COUNT DAEMON: the different statuses of so many requests with the token `secret`.
with_token() { statuses "$1" "$(at "$2")/v1/tokens/current" -H "Authorization: Bearer $secret"; }

# revoke_tokens HOW: they are in use there when they are revoked here.
revoke_tokens() {
  local i name before began
  : >times
  for ((i = 0; i < rounds; i++)); do
    set_places "$i"
    make_token "t$i" "$here"
    before=()
    for name in "${others[@]}"; do
      [[ $(with_token 1 "$name") == 200 ]] || fail "a new token is refused by $name"
      with_token 50 "$name" >/dev/null & before+=($!)
    done
    began=$(now_ms)
    revoke_token "$id" "$here"
    echo $(($(now_ms) - began)) >>times
    for name in "${others[@]}"; do
      [[ $(with_token 50 "$name") == 401 ]] || fail "$name takes a token that $here has revoked"
    done
    wait "${before[@]}"
  done
  echo "$rounds revocations of tokens, $1: $(percentile times 50) ms, at most $(percentile times 100) ms"
}

# revoke_keys PREFIX: a key that was compromised, with its version; and a publisher.
revoke_keys() {
  local i tag name
  for ((i = 0; i < (rounds + 9) / 10; i++)); do
    set_places "$i"
    export MKT_REGISTRY
    MKT_REGISTRY=$(at "$here")
    register "$1$i"
    make_connector "tool-$1$i"
    expect 0 "$MKT" publish "tool-$1$i" --key "$key"
    tag=$(curl -sS -o /dev/null -D - "$MKT_REGISTRY/v1/keys" | sed -n 's/^ETag: \(.*\)\r$/\1/p')
    for name in "${others[@]}"; do
      wait_for "$name to have the list of keys" eval '[[ $(statuses 5 "$(at "$name")/v1/keys" -H "If-None-Match: $tag") == 304 ]]'
      [[ $(statuses 5 "$(at "$name")/v1/connectors/tool-$1$i/1.0.0/tarball") == 200 ]] || fail "a new tarball is not served by $name"
    done
    expect 0 "$MKT" key revoke "$key" --reason-code compromised --reason test --yes
    for name in "${others[@]}"; do
      [[ $(statuses 50 "$(at "$name")/v1/keys" -H "If-None-Match: $tag") == 200 ]] || fail "$name says that the keys are the same"
      [[ $(statuses 50 "$(at "$name")/v1/connectors/tool-$1$i/1.0.0/tarball") == 409 ]] || fail "$name serves what was signed by a compromised key"
      curl -sS "$(at "$name")/v1/keys" | jq -e --arg k "$key" '.keys[] | select(.keyId == $k) | .status == "revoked"' >/dev/null ||
        fail "$name shows a revoked key as another"
    done

    register "other-$1$i"
    make_connector "fine-$1$i"
    expect 0 "$MKT" publish "fine-$1$i" --key "$key"
    make_connector "fine-$1$i" 1.1.0
    for name in "${others[@]}"; do curl -sS "$(at "$name")/v1/publishers/other-$1$i" >/dev/null; done
    expect 0 "$MKT" publisher suspend "other-$1$i" --reason test
    for name in "${others[@]}"; do
      curl -sS "$(at "$name")/v1/publishers/other-$1$i" | jq -e '.status == "suspended"' >/dev/null || fail "$name shows a suspended publisher as active"
      MKT_REGISTRY=$(at "$name") expect 4 "$MKT" publish "fine-$1$i" --key "$key"
      says err suspended
    done
  done
}
revoke_tokens "all daemons well"
revoke_keys p

# One hangs: the first revocation waits for its lease, the next does not. What it was asked meanwhile it
# answers when it goes on, and not from its old memory.
make_token one
one_id=$id one=$secret
make_token two
two_id=$id
for name in a b c; do for secret in "$one" "$secret"; do [[ $(with_token 3 "$name") == 200 ]] || fail "a new token is refused"; done; done
register hung
tag=$(curl -sS -o /dev/null -D - "$(at b)/v1/keys" | sed -n 's/^ETag: \(.*\)\r$/\1/p')
kill -STOP "${pids[b]}"
began=$(now_ms)
revoke_token "$one_id" a
first=$(($(now_ms) - began))
began=$(now_ms)
revoke_token "$two_id" c
second=$(($(now_ms) - began))
began=$(now_ms)
MKT_REGISTRY=$(at a) expect 0 "$MKT" key revoke "$key" --reason-code compromised --reason test --yes
third=$(($(now_ms) - began))
echo "with one that hangs: $first ms, then $second ms, $third ms"
((first < 2 * lease)) || fail "a revocation took $first ms; the lease is $lease ms"
((second < lease / 2 && third < lease / 2)) || fail "later revocations wait for the same daemon: $second ms, $third ms"
waiting=()
for i in 1 2 3 4 5; do
  for secret in "$one" "$secret"; do
    with_token 1 b >"hung.$i.$secret" & waiting+=($!)
  done
  statuses 1 "$(at b)/v1/keys" -H "If-None-Match: $tag" >"keys.$i" & waiting+=($!)
done
sleep 1
kill -CONT "${pids[b]}"
wait "${waiting[@]}"
[[ $(cat hung.*) =~ ^(401[[:space:]]?)+$ ]] || fail "a daemon that hung takes a revoked token: $(cat hung.*)"
[[ $(cat keys.*) =~ ^(200[[:space:]]?)+$ ]] || fail "a daemon that hung has an old list of keys: $(cat keys.*)"
wait_for "all to follow" have_followed

# Another one starts, ends and starts again, while tokens are revoked that it has just been asked about.
touch starting
restart_again_and_again() {
  while [[ -e starting ]]; do
    "$MKTD" --data d --database "$MKT_TEST_POSTGRES" --blobs "$MKT_TEST_S3" --listen 127.0.0.1:0 --no-access-log \
      "${no_limits[@]}" 2>>mktd.log &
    echo "$!" >d.pid
    for ((i = 0; i < 1000; i++)); do
      [[ ! -s d/mktd.url ]] || break
      sleep 0.02
    done
    sleep "0.$((RANDOM % 9))"
    kill "$(<d.pid)"
    wait "$(<d.pid)" || return 1
    rm -f d/mktd.url
    echo started >>starts
  done
}
# ask_new SECRET: the status that the new daemon answers; 000 while there is none.
ask_new() {
  local url
  url=$(cat d/mktd.url 2>/dev/null) && [[ -n $url ]] || { echo 000; return; }
  curl -sS -o /dev/null -w '%{http_code}' --max-time 30 -H "Authorization: Bearer $1" "$url/v1/tokens/current" 2>/dev/null || true
}
# revoke_at NAME COUNT: tokens of its own, one after the other.
revoke_at() {
  local i status
  mkdir "by.$1"
  for ((i = 0; i < $2; i++)); do
    curl -sS -H "Authorization: Bearer $token" -d "{\"role\":\"member\",\"subject\":\"team\",\"name\":\"d$i\"}" "$(at "$1")/v1/tokens" >"by.$1/made"
    read -r secret id < <(jq -er '"\(.token) \(.id)"' "by.$1/made")
    echo "$(ask_new "$secret") before" >>asked
    status=$(curl -sS -o "by.$1/answer" -w '%{http_code}' -X DELETE -H "Authorization: Bearer $token" "$(at "$1")/v1/tokens/$id")
    [[ $status == 204 ]] || { echo "a revocation was answered $status: $(<"by.$1/answer")" >&2; return 1; }
    status=$(ask_new "$secret")
    echo "$status after" >>asked
    [[ $status != 200 ]] || { echo "a daemon that has just started takes a revoked token" >&2; return 1; }
  done
}
restart_again_and_again & restarting=$!
revoking=()
for name in a b c; do
  revoke_at "$name" $((rounds * 10 / 3)) & revoking+=($!)
done
for pid in "${revoking[@]}"; do wait "$pid" || fail "while a daemon was starting"; done
rm starting
wait "$restarting" || fail "a daemon did not end well"
echo "while a daemon started $(wc -l <starts) times: $(sort asked | uniq -c | awk '{printf "%s%s times %s %s", s, $1, $2, $3; s = ", "}')"
grep -q '401 after' asked && grep -q '200 before' asked || fail "the new daemon was never asked"
stop_three

# The same where no notification arrives. A change is seen by all soon.
perl "$SOURCE/tests/integration/swallow_notifications.pl" "$port" proxy.port swallowed &
helpers+=($!)
wait_for "the proxy" test -s proxy.port
touch swallowed
database="postgresql://mktd@127.0.0.1:$(<proxy.port)/mkt?sslmode=disable&gssencmode=disable"
start_three
revoke_tokens "without notifications"
revoke_keys q
export MKT_REGISTRY
MKT_REGISTRY=$(at a)
register seen
make_connector seen
expect 0 "$MKT" publish seen --key "$key"
is_shown() { [[ $(curl -sS "$(at "$1")/v1/connectors/seen/1.0.0" | jq -r .deprecationReason) == "$2" ]]; }
: >times
for ((i = 0; i < rounds * 2; i++)); do
  set_places "$i"
  curl -sS -H "Authorization: Bearer $token" -d "{\"reason\": \"r$i\"}" "$(at "$here")/v1/connectors/seen/1.0.0/deprecate" | jq -e .success >/dev/null || fail "deprecate"
  began=$(now_ms)
  for name in "${others[@]}"; do
    wait_for "$name to show a change of $here" is_shown "$name" "r$i"
  done
  echo $(($(now_ms) - began)) >>times
done
[[ -s swallowed ]] || fail "there were no notifications to lose"
slowest=$(percentile times 100)
echo "$((rounds * 2)) changes seen by all, without notifications: $(percentile times 50) ms, p99 $(percentile times 99) ms, at most $slowest ms"
((slowest < 5000)) || fail "a change was not seen by all for $slowest ms"
