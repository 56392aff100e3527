#!/usr/bin/env bash
# cluster_feed_readers.sh [ROUNDS]: three daemons change the catalog at once, while readers of GET /v1/feed ask
# another daemon each time with the number of the last answer. None misses an entry and none reads one twice,
# page by page as well as with events; who may not see a connector is told of it by no daemon.
source "$(dirname "$0")/lib.sh"
source "$SOURCE/tests/integration/three_daemons.sh"
start_three
register acme
member=$("$MKT" token create --role member --subject team --name maria 2>/dev/null)
make_connector secret
expect 0 "$MKT" publish secret
expect 0 "$MKT" visibility secret tenants:team
for name in a b c; do
  make_connector "of-$name"
  expect 0 "$MKT" publish "of-$name"
done

# change NAME ROUNDS: changes the catalog through that daemon. Each third change is of the hidden connector.
change() {
  local n url
  url=$(at "$1")/v1/connectors
  local curl=(curl -sS -f -o "$1.answer" -H "Authorization: Bearer $token" -H 'Content-Type: application/json')
  for ((n = 0; n < $2; n++)); do
    "${curl[@]}" -X POST -d "{\"reason\": \"$1 $n\"}" "$url/of-$1/1.0.0/deprecate" || return 1
    "${curl[@]}" -X DELETE "$url/of-$1/1.0.0/deprecate" || return 1
    "${curl[@]}" -X POST -d "{\"reason\": \"$1 $n\"}" "$url/secret/1.0.0/deprecate" || return 1
  done
}

# Both append "SEQUENCE KIND CONNECTOR" of each entry to NAME.read, until that of the last change is there.
# read_pages NAME LIMIT [TOKEN]
read_pages() {
  local name=$1 limit=$2 after=0 turn=0 daemons=(a b c)
  local headers=(${3:+-H "Authorization: Bearer $3"})
  while ! has_ended "$name"; do
    curl -sS -f "${headers[@]}" "$(at "${daemons[turn++ % 3]}")/v1/feed?after=$after&limit=$limit" >"$name.page" || return 1
    jq -r '.entries[] | "\(.sequence) \(.kind) \(.connectorId)"' "$name.page" >>"$name.read"
    after=$(jq .sequence "$name.page")
  done
}
# read_events NAME LIMIT [TOKEN]
read_events() {
  local name=$1 limit=$2 after=0 turn=0 daemons=(a b c)
  local headers=(-H 'Accept: text/event-stream' ${3:+-H "Authorization: Bearer $3"})
  while ! has_ended "$name"; do
    curl -sS -N -f "${headers[@]}" -H "Last-Event-ID: $after" "$(at "${daemons[turn++ % 3]}")/v1/feed?limit=$limit" >"$name.page" || return 1
    sed -n 's/^data: //p' "$name.page" | jq -r '"\(.sequence) \(.kind) \(.connectorId)"' >>"$name.read"
    after=$(sed -n 's/^id: //p' "$name.page" | tail -n 1)
  done
}
has_ended() { [[ -s $1.read && $(tail -n 1 "$1.read") == *" published last" ]]; }

readers=()
begin() { # begin NAME HOW LIMIT [TOKEN]
  "$2" "$1" "${@:3}" &
  readers+=($!)
}
rounds=${1:-15}
changers=()
for name in a b c; do
  change "$name" "$rounds" &
  changers+=($!)
done
begin anyone-pages read_pages 3
begin anyone-events read_events 100
begin member-pages read_pages 100 "$member"
begin member-events read_events 2 "$member"
for changer in "${changers[@]}"; do wait "$changer" || fail "a change failed"; done
make_connector last
expect 0 "$MKT" publish last
for reader in "${readers[@]}"; do wait "$reader" || fail "the feed could not be read"; done

# What the log has of the catalog.
kinds="('version.publish', 'version.deprecate', 'version.undeprecate', 'connector.visibility', 'owner.add')"
ask "SELECT seq FROM audit_log WHERE action IN $kinds ORDER BY seq" >member
ask "SELECT seq FROM audit_log WHERE action IN $kinds AND document::jsonb ->> 'connector' <> 'secret' ORDER BY seq" >anyone
(($(wc -l <member) >= 9 * rounds && $(wc -l <anyone) >= 6 * rounds)) || fail "the log has $(wc -l <member) entries"
for name in anyone-pages anyone-events member-pages member-events; do
  cut -d' ' -f1 "$name.read" | diff - "${name%-*}" >differences ||
    { head differences >&2; fail "$name has read something else (<) than there is (>)"; }
done
echo "$(wc -l <member) entries, read at three daemons in turn"
