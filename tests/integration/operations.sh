#!/usr/bin/env bash
# Probes, metrics, `mkt status` and `mkt limit`: what operators see of a daemon that is well, and of
# one that is not.
source "$(dirname "$0")/lib.sh"

# metric 'NAME{LABELS}': its value, of ./metrics; 0 where there is no such series.
metric() { awk -v name="$1" '{n = length(name)} substr($0, 1, n + 1) == name " " {v = $NF} END {print v + 0}' metrics; }
scrape() { curl -sS -o metrics "$MKT_REGISTRY/metrics" "$@"; }
part() { jq -r --arg name "$1" '.parts[] | select(.name == $name) | .status' body; }

start_mktd --limit search=3/1h
register acme
make_connector hello
expect 0 "$MKT" publish hello
expect 0 "$MKT" search hello
for i in 1 2 3; do expect_http 200 - GET /v1/connectors/hello; done
expect_http 404 not_found GET /nowhere
expect_http 404 not_found NOSUCHMETHOD /nowhere

# Everything that the manual names is there and counts.
expect_http 200 - GET /metrics
says headers "Content-Type: text/plain; version=0.0.4"
scrape
[[ $(metric 'mktd_http_requests_total{method="GET",route="/v1/connectors/{id}",status="200"}') -ge 3 ]] || fail "requests"
[[ $(metric 'mktd_http_request_duration_seconds_count{method="GET",route="/v1/connectors/{id}"}') -ge 3 ]] || fail "durations"
[[ $(metric 'mktd_http_requests_total{method="other",route="(none)",status="404"}') == 1 ]] || fail "a client made a series"
[[ $(metric 'mktd_limit_decisions_total{scope="marketplace:search",store="memory",decision="allowed"}') == 1 ]] || fail "decisions"
[[ $(metric mktd_blobs) == 1 && $(metric mktd_blob_bytes) == $(stat -c %s data/blobs/??/*) ]] || fail "blobs"
[[ $(metric 'mktd_build_info{version="'"$("$MKTD" --version | cut -d' ' -f2)"'"}') == 1 ]] || fail "the version"
for name in mktd_http_connections mktd_store_commit_changes_count mktd_store_commit_duration_seconds_sum \
  mktd_store_database_bytes mktd_disk_free_bytes process_resident_memory_bytes process_open_fds; do
  [[ $(metric $name) != 0 ]] || fail "$name is missing or 0"
done
for family in mktd_http_waiting_requests mktd_retries_total mktd_store_waiting_changes mktd_store_wal_bytes; do
  says metrics "# TYPE $family"
done
jq -r '.panels[].targets[].expr' "$SOURCE/scripts/grafana-dashboard.json" | grep -oE '(mktd|process)_[a-z_]+' |
  sed -E 's/_(bucket|count|sum)$//' | sort -u >shown
while read -r family; do
  [[ $family == mktd_breaker_state ]] || says metrics "# TYPE $family"
done <shown

# mkt status, for nobody and for an admin; mkt limit.
expect 0 "$MKT" status
says out "status    ready"
says out "marketplace:search"
[[ $("$MKT" --json status | jq -c '[.status, .you.role, (.limits[] | select(.scope == "marketplace:search") | .remaining)]') == '["ready","admin",2]' ]] ||
  fail "mkt status --json"
expect 0 "$MKT" search hello
expect 0 "$MKT" search hello
expect 9 "$MKT" search hello
expect 0 "$MKT" limit show
[[ $("$MKT" --json limit show address:127.0.0.1 | jq -c '.limits[] | select(.scope == "marketplace:search") | .remaining') == 0 ]] ||
  fail "mkt limit show"
expect 2 "$MKT" limit show nobody
expect 0 "$MKT" limit reset search address:127.0.0.1
expect 0 "$MKT" search hello
[[ $("$MKT" --json log | jq -c '.entries[-1] | [.action, .subject, .detail]') == '["limit.reset","address:127.0.0.1","marketplace:search"]' ]] ||
  fail "the reset is not in the log"
member=$(curl -sS -H "Authorization: Bearer $token" -d '{"name":"bob","role":"member","subject":"team"}' "$MKT_REGISTRY/v1/tokens" | jq -r .token)
MKT_TOKEN=$member expect 4 "$MKT" limit reset search address:127.0.0.1
MKT_TOKEN=$member expect 4 "$MKT" limit show address:127.0.0.1
stop_mktd

# Without Redis: ready, degraded, and it says why; the cause is for admins.
start_mktd --redis-url redis://u:topsecret@127.0.0.1:1
expect_http 200 - GET /readyz
[[ $(part limits) == degraded && $(part store) == ok ]] || fail "readyz says $(<body)"
says body "Redis fails"
expect_http 200 - GET /v1/status
[[ $(jq -c '.breakers[] | [.name, .state, has("causes")]' body) == '["redis","open",false]' ]] || fail "status says $(<body)"
expect_http 200 - GET /v1/status -H "Authorization: Bearer $token"
[[ $(jq '.breakers[0].causes | length' body) -gt 0 ]] || fail "an admin is not told the cause"
expect 0 "$MKT" status
says out "tried again in"
scrape
[[ $(metric 'mktd_breaker_state{breaker="redis",state="closed"}') == 0 ]] || fail "the breaker's state"
says metrics 'mktd_breaker_state{breaker="redis",state="open"}'
! grep -q topsecret metrics body out err mktd.log || fail "the password is shown"
stop_mktd

# For admins only, where it is configured so; probes are answered all the same.
start_mktd --redis-url redis://127.0.0.1:1 --operations admin
expect_http 401 unauthorized GET /metrics
expect_http 401 unauthorized GET /v1/status
expect_http 403 forbidden GET /metrics -H "Authorization: Bearer $member"
expect_http 200 - GET /metrics -H "Authorization: Bearer $token"
expect_http 200 - GET /healthz
expect_http 200 - GET /readyz
[[ $(part limits) == degraded && $(jq -c '[.parts[] | has("reason")] | any' body) == false ]] || fail "the reason is told"
stop_mktd
expect 2 "$MKTD" --data data --operations nobody

# A registry that is not there.
expect 7 "$MKT" --registry http://127.0.0.1:1 status
