#!/usr/bin/env bash
# GET /v1/feed: what changed in the catalog, page by page and as events; nothing of tenants, tokens and
# policies, and nothing that the reader may not see.
source "$(dirname "$0")/lib.sh"

start_mktd
export MKT_TOKEN=$token
auth=(-H "Authorization: Bearer $token")
register acme
kinds() { jq -r '[.entries[] | .kind + (if .connectorId then ":" + .connectorId else "" end)] | join(" ")' body; }
is() { [[ $(kinds) == "$1" ]] || fail "the feed has $(kinds), not $1"; }

expect_http 200 - GET /v1/feed
is ""
for id in tool secret; do
  make_connector "$id"
  expect 0 "$MKT" publish "$id"
done
member=$("$MKT" token create --json --role member --subject team --name maria | jq -r .token)
other=$("$MKT" token create --json --role member --subject other --name tom | jq -r .token)
expect_http 201 - POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId":"tool","config":{"password":"hush"}}'
curl -sSf -X PUT "${auth[@]}" -d '{"policy":{"minApprovals":2},"revision":0}' "$MKT_REGISTRY/v1/tenants/team/policy" >/dev/null
expect 0 "$MKT" deprecate tool@1.0.0 --reason "loses data"
expect 0 "$MKT" deprecate tool@1.0.0 --undo
expect 0 "$MKT" quarantine tool@1.0.0 --reason "calls home"
expect 0 "$MKT" quarantine tool@1.0.0 --undo --reason "looked at it"
expect_http 200 - GET /v1/feed
is "published:tool published:secret deprecated:tool undeprecated:tool quarantined:tool released:tool"
grep -q -e maria -e team -e policy -e hush -e admin body && fail "what belongs to nobody else: $(<body)"
jq -e '.entries[0] | keys == ["checksum","connectorId","keyId","kind","publisherId","sequence","time","version"]' body >/dev/null || fail "members: $(<body)"
newest=$(jq .sequence body)

# Page by page, nothing twice and nothing left out; also where pages are empty.
after=0 all=
while :; do
  expect_http 200 - GET "/v1/feed?after=$after&limit=1"
  all+="$(kinds) "
  (($(jq .sequence body) >= after)) || fail "it went back"
  after=$(jq .sequence body)
  [[ $(jq .hasMore body) == true ]] || break
done
[[ $(xargs <<<"$all") == "published:tool published:secret deprecated:tool undeprecated:tool quarantined:tool released:tool" ]] || fail "pages: $all"
expect_http 200 - GET "/v1/feed?after=$newest"
is ""
for query in after=-1 after=x limit=0 limit=1001 limit=x after=99999999999999999999; do
  expect_http 400 invalid_request GET "/v1/feed?$query"
done

# Hidden connectors.
expect 0 "$MKT" visibility secret tenants:team
for by in "" "$other"; do
  expect_http 200 - GET /v1/feed ${by:+-H "Authorization: Bearer $by"}
  grep -q secret body && fail "told of a hidden connector: $(<body)"
done
expect_http 200 - GET /v1/feed -H "Authorization: Bearer $member"
grep -q secret body || fail "not told of its own connector"

# Events, as the HTML standard has them: what is there comes at once, what comes later wakes the reader.
events=(-H 'Accept: text/event-stream')
expect_http 200 - GET /v1/feed "${events[@]}"
grep -qi '^Content-Type: text/event-stream' headers || fail "$(<headers)"
says body 'retry: '
python3 - body <<'PY' || fail "not events: $(<body)"
import json, sys
last, events, event = None, [], {}
for line in open(sys.argv[1], newline="").read().split("\n"):
    if not line:
        if "data" in event:
            events.append(event)
        event = {}
    elif not line.startswith(":"):
        name, _, value = line.partition(": ")
        assert name in ("retry", "id", "event", "data"), line
        event[name] = value
        last = value if name == "id" else last
assert [e["event"] for e in events][:2] == ["published", "deprecated"], events
assert all(json.loads(e["data"])["sequence"] == int(e["id"]) for e in events)
assert int(last) >= int(events[-1]["id"])
PY
newest=$(http GET '/v1/feed?limit=1000' >/dev/null; jq .sequence body)
curl -sS -N -o waited "${events[@]}" -H "Last-Event-ID: $newest" "$MKT_REGISTRY/v1/feed" &
reader=$!
make_connector later
expect 0 "$MKT" publish later
wait "$reader" || fail "the reader failed"
says waited '"connectorId":"later"'
# With more to read the client comes back sooner.
expect_http 200 - GET '/v1/feed?limit=1' "${events[@]}"
grep -qx "retry: 100" body || fail "more to read: $(<body)"
expect_http 200 - GET '/v1/feed?limit=1000' "${events[@]}"
grep -qx "retry: 1000" body || fail "nothing more: $(<body)"
expect_http 400 invalid_request GET /v1/feed "${events[@]}" -H 'Last-Event-ID: x'

# So many may wait; the rest are answered at once and told to come later. By the HTML standard an EventSource gives
# up after any status but 200. Nobody waits for a daemon that stops.
newest=$(http GET '/v1/feed?limit=1000' >/dev/null; jq .sequence body)
readers=()
for i in 1 2 3 4; do
  curl -sS -o "held$i" "${events[@]}" "$MKT_REGISTRY/v1/feed?after=$newest" &
  readers+=($!)
done
full() { [[ $(http GET "/v1/feed?after=$newest" "${events[@]}" -m 1 2>/dev/null) == 200 ]]; }
wait_for "the places to be taken" full
says body 'retry: 10000'
expect_http 200 - GET "/v1/feed?after=$newest"
begin=$SECONDS
stop_mktd
((SECONDS - begin < 10)) || fail "stopping took $((SECONDS - begin)) s"
for pid in "${readers[@]}"; do wait "$pid" || true; done
