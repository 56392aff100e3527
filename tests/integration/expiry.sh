#!/usr/bin/env bash
# A key past its expiresAt reads "expired" wherever it is listed and signs nothing new, whatever
# signedAt says; what it signed before is verified and installed as ever.
source "$(dirname "$0")/lib.sh"

# The state of the key $brief: in a document of the registry, and by the key list of this machine.
status_in() { jq -r --arg k "$brief" '.keys[] | select(.keyId == $k).status' "$1"; }
state_here() { "$MKT" --json key list "$@" 2>/dev/null | jq -r --arg k "$brief" '.keys[] | select(.keyId == $k).state'; }
etag() { sed -n 's/^etag: \(.*\)\r$/\1/Ip' headers; }
put() { # STATUS CODE: tool.tgz with its signature file, as tool@1.0.0
  expect_http "$1" "$2" PUT /v1/connectors/tool/1.0.0 -H "Authorization: Bearer $token" \
    -H "Mkt-Signature: $(base64 -w0 tool.tgz.sig.json)" --data-binary @tool.tgz
}
refused() { # COMMAND…
  expect 4 "$MKT" --json "$@"
  [[ $(jq -r .code out) == key_expired ]] || fail "$* is refused with $(<out)"
  says out "$brief expired on"
}

start_mktd
register acme
lasting=$key

# The key's time is long enough for one publish and a look at the list. Where this machine is too
# busy for that, another key gets twice as long.
used_in_time() { # SECONDS
  brief=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
  "$MKT" key add "$brief" --expires "$1s" >out 2>err || { says err "expiresAt is in the past"; return 1; }
  make_connector "signed-$1"
  "$MKT" publish "signed-$1" --key "$brief" >out 2>err || { says err "$brief expired on"; return 1; }
  expect_http 200 - GET /v1/keys
  [[ $(status_in body) == active ]]
}
signed=
for seconds in 1 2 4 8 16; do
  if used_in_time "$seconds"; then signed=signed-$seconds; break; fi
done
[[ -n $signed ]] || fail "16 seconds were too short for one publish"
active=$(etag)
wait_for "the key to expire" is_expired "$brief"

# Every list says so, and no client that has the list of before is told that it is the same.
expect_http 200 - GET /v1/keys -H "If-None-Match: $active"
[[ $(jq -c --arg k "$brief" '.keys[] | select(.keyId == $k) | [.status, .expiresAt != null, .revokedAt]' body) == \
  '["expired",true,null]' ]] || fail "the list says $(<body)"
expect_http 304 - GET /v1/keys -H "If-None-Match: $(etag)"
expect_http 200 - GET "/v1/keys?since=1"
[[ $(status_in body) == expired ]] || fail "the list of changes says $(<body)"
expect_http 200 - GET /v1/publishers/acme
[[ $(status_in body) == expired ]] || fail "the publisher's page says $(<body)"
expect 0 "$MKT" publisher show acme
grep -qw expired <<<"$(grep -F "$brief" out)" || fail "publisher show says $(<out)"
[[ $(state_here) == expired ]] || fail "key list --json says $(state_here)"
expect 0 "$MKT" key list
grep -qw expired <<<"$(grep -F "$brief" out)" || fail "key list says $(<out)"
grep -qw active <<<"$(grep -F "$lasting" out)" || fail "key list says $(<out)"

# It publishes nothing more, also what claims to have been signed in its time.
make_connector tool
refused publish tool --key "$brief"
expect 0 "$MKT" pack tool -o tool.tgz
expect 0 "$MKT" sign tool.tgz --key "$brief"
put 403 key_expired
jq '.signedAt = "2026-01-01T00:00:00Z"' tool.tgz.sig.json >earlier.json
mv earlier.json tool.tgz.sig.json
put 403 key_expired
expect_http 404 connector_not_found GET /v1/connectors/tool

# Nor does it vouch: for another key, in a rotation, or for what is published already.
successor=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
refused key add "$successor" --endorse-with "$brief"
refused key rotate "$brief" --to "$successor"
expect 0 "$MKT" publish tool --key "$lasting"
refused sign --countersign tool@1.0.0 --key "$brief"

# What it signed in its time is good, and nothing is said against it.
expect 0 "$MKT" download "$signed" -o signed.tgz
expect 0 "$MKT" verify signed.tgz
says out "good signature by $brief"
expect 0 "$MKT" install "$signed"
says out "signed by $brief"
! grep -q expired err || fail "install says $(<err)"
expect 0 "$MKT" verify "connectors/$signed"
expect 0 "$MKT" audit

# Offline too, by the list that was kept.
expect 0 "$MKT" key refresh
stop_mktd
[[ $(state_here --offline) == expired ]] || fail "key list --offline says $(state_here --offline)"
expect 0 "$MKT" verify signed.tgz --offline
expect 0 "$MKT" install ./signed.tgz --offline --root offline
