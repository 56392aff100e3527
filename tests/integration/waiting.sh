#!/usr/bin/env bash
# --wait behind install and update means approvals, however it is written; for rate limits there is
# an option of its own.
source "$(dirname "$0")/lib.sh"

start_mktd
register acme
publish() { # ID VERSION CAPABILITY
  make_connector "$1" "$2"
  sed -i "s/\"custom\"/\"$3\"/" "$1/connector.manifest.json"
  expect 0 "$MKT" publish "$1"
}
export MKT_TENANT=team
publish vault 1.0.0 auth

# Not approved: 5 without --wait, and with it 6 once the time is over.
expect 5 "$MKT" install vault
for spelling in "vault --wait 1s" "vault --wait=1s" "--wait 1s vault" "--wait=1s vault"; do
  # shellcheck disable=SC2086
  expect 6 timeout 20 "$MKT" install $spelling
  says err "vault@1.0.0"
  # shellcheck disable=SC2086
  expect 6 timeout 20 "$MKT" --json install $spelling
done
# Without a time until it is decided: it still waits after a while.
for spelling in "vault --wait" "--wait vault"; do
  # shellcheck disable=SC2086
  expect 124 timeout 2 "$MKT" install $spelling
done
# No time at all is a mistake, not for ever.
for command in "install vault --wait 0s" "install --wait=0s vault" "update --wait 0" "request watch x --wait 0s"; do
  # shellcheck disable=SC2086
  expect 2 timeout 20 "$MKT" $command
  says err "--wait needs a time above 0"
done
expect 2 timeout 20 "$MKT" install vault --wait 5x

# Approved while it waits.
"$MKT" token create --role approver --subject team --name alice >alice.token 2>/dev/null
approve_next() { # in the background: approves whatever waits
  for ((i = 0; i < 200; i++)); do
    id=$("$MKT" --json request list --status pending | jq -r '.requests[0].id // empty')
    [[ -z $id ]] || { "$MKT" --token-file alice.token request approve "$id" >/dev/null && return; }
    sleep 0.1
  done
}
approve_next & approver=$!
expect 0 timeout 60 "$MKT" install --wait vault
wait $approver
says out "installed vault@1.0.0"

# Update means the same.
make_connector vault 2.0.0
sed -i 's/"custom"/"database"/' vault/connector.manifest.json
expect 0 "$MKT" publish vault
expect 5 "$MKT" update
for spelling in "--wait 1s" "--wait=1s" "vault --wait 1s" "--wait 1s vault"; do
  # shellcheck disable=SC2086
  expect 6 timeout 20 "$MKT" update $spelling
done
for spelling in "--wait" "--wait vault" "vault --wait"; do
  # shellcheck disable=SC2086
  expect 124 timeout 2 "$MKT" update $spelling
done
approve_next & approver=$!
expect 0 timeout 60 "$MKT" update --wait
wait $approver
says out "installed vault@2.0.0"

# Rate limits: by its own name, and by the former one where that means nothing else.
stop_mktd
no_limits=(--limit publish=off download=off install=off auth-failure=off search=1/2s)
for option in --wait-for-limits --wait; do
  for place in before behind; do
    start_mktd
    expect 0 "$MKT" search vault
    expect 9 "$MKT" search vault
    if [[ $place == before ]]; then
      expect 0 timeout 30 "$MKT" $option search vault
    else
      expect 0 timeout 30 "$MKT" search vault $option
    fi
    stop_mktd
  done
done
expect 0 "$MKT" --help
says out "--wait-for-limits"
