#!/usr/bin/env bash
# The mirror through a proxy that cuts, delays, refuses, repeats and loses answers, while the daemon and
# the proxy are killed again and again: in the end both sides are equal, and a registry brought back from
# the mirror gives the first one's every answer. MIRROR_CHANGES and MIRROR_KILLS make it shorter or longer.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/emulator.sh"
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
changes=${MIRROR_CHANGES:-5000} kills=${MIRROR_KILLS:-20}

proxy_pid=
cleanup() {
  [[ -z $proxy_pid ]] || kill -KILL "$proxy_pid" 2>/dev/null || true
  stop_bucket
  stop_emulator
}
start_emulator
start_bucket tarballs
real=$FIRESTORE_EMULATOR_HOST
proxy_port=$(free_port)
round=0
start_proxy() {
  rm -f proxy.port
  "$MIRROR_FAULTS" proxy "$real" proxy.port 6 "$((++round))" "$proxy_port" >>faults &
  proxy_pid=$!
  wait_for "the proxy" test -s proxy.port
}
start_proxy

mirrored=(--firestore-project test --firestore-bucket tarballs)
start() { FIRESTORE_EMULATOR_HOST=127.0.0.1:$proxy_port start_mktd "${mirrored[@]}"; }
start
register acme
export MKT_KEY=$key
for i in 0 1 2 3; do
  make_connector hello "1.0.$i"
  expect 0 "$MKT" publish hello
done
make_connector secret
jq '.capabilities = ["auth"]' secret/connector.manifest.json >m && mv m secret/connector.manifest.json
expect 0 "$MKT" publish secret

# So many changes of all kinds, by curl: one request a line of "METHOD PATH [BODY]".
requests() { # COUNT
  local i tenant
  for ((i = 0; i < $1; i++)); do
    tenant=team-$((RANDOM % 40))
    case $((RANDOM % 10)) in
      0 | 1 | 2 | 3) echo "POST /v1/tenants/$tenant/installs {\"connectorId\":\"hello\",\"version\":\"1.0.$((RANDOM % 4))\",\"config\":{\"größe\":$i}}" ;;
      4) echo "DELETE /v1/tenants/$tenant/installs/hello" ;;
      5 | 6) echo "POST /v1/tenants/$tenant-$RANDOM/installs {\"connectorId\":\"hello\",\"version\":\"1.0.0\"}" ;;
      7) echo "POST /v1/tenants/$tenant/installs {\"connectorId\":\"secret\",\"version\":\"1.0.0\",\"config\":{\"n\":$((i % 3))}}" ;;
      8) echo "POST /v1/connectors/hello/1.0.$((RANDOM % 4))/deprecate {\"reason\":\"„$i“ \\u2028 雪\"}" ;;
      9) echo "DELETE /v1/connectors/hello/1.0.$((RANDOM % 4))/deprecate" ;;
    esac
  done
}
config_of() { # lines of requests as a file of curl's
  awk -v url="$MKT_REGISTRY" -v token="$token" '{
    method = $1; path = $2; body = substr($0, length($1) + length($2) + 3)
    gsub(/\\/, "\\\\", body); gsub(/"/, "\\\"", body)
    printf "%surl = \"%s%s\"\nrequest = \"%s\"\nheader = \"Authorization: Bearer %s\"\noutput = \"/dev/null\"\nsilent\nmax-time = 20\n", (NR > 1 ? "next\n" : ""), url, path, method, token
    if (body != "") printf "header = \"Content-Type: application/json\"\ndata = \"%s\"\n", body
  }'
}

for ((n = 0; n < kills; n++)); do
  requests $((changes / kills)) | config_of >round
  curl --parallel --parallel-max 8 -K round 2>/dev/null &
  load=$!
  make_connector hello "1.1.$n"
  "$MKT" publish hello >/dev/null 2>&1 || true
  sleep "0.$((RANDOM % 8 + 1))"
  kill -KILL "$daemon"
  wait "$daemon" 2>/dev/null || true
  daemon=
  if ((n % 2 == 1)); then
    kill -KILL "$proxy_pid"
    wait "$proxy_pid" 2>/dev/null || true
    start_proxy
  fi
  wait "$load" || true
  start
done
# What the kills took, so that it is as many changes as were asked for.
while (($(sqlite3 data/mktd.db 'SELECT max(seq) FROM audit_log') < changes)); do
  requests 200 | config_of >round
  curl --parallel --parallel-max 8 -K round 2>/dev/null || true
done
expect 0 "$MKT" publish hello

for ((i = 0; i < 3000; i++)); do
  [[ $(waiting) != 0 ]] || break
  sleep 0.1
done
[[ $(waiting) == 0 && $(mirror status | jq .parkedCount) == 0 ]] || fail "the mirror stands still: $(mirror status)"
kill "$proxy_pid"
wait "$proxy_pid" || true
proxy_pid=
sort faults | uniq -c
expect 0 "$MKTD" mirror verify --data data "${mirrored[@]}"
cat out

# Every answer of the registry, of everything that it knows.
paths() { # DATABASE
  local id version tenant after
  printf '%s\n' '/v1/search?q=&pageSize=100' /v1/keys /v1/publishers
  sqlite3 "$1" "SELECT '/v1/publishers/' || id FROM publishers;
    SELECT '/v1/connectors/' || id FROM connectors;
    SELECT '/v1/connectors/' || id || '/owners' FROM connectors;
    SELECT '/v1/connectors/' || connector_id || '/' || version FROM versions;
    SELECT '/v1/connectors/' || connector_id || '/' || version || '/signature' FROM versions;"
  for tenant in $(sqlite3 "$1" 'SELECT DISTINCT tenant_id FROM install_requests'); do
    printf "/v1/tenants/$tenant/%s\n" policy policy/history installs installs/hello installs/secret 'install-requests?limit=200'
  done
  for ((after = 0; after < last; after += 1000)); do echo "/v1/log?limit=1000&after=$after"; done
}
answers() { # DATABASE
  local path
  paths "$1" | awk -v url="$MKT_REGISTRY" -v token="$token" '{
    printf "%surl = \"%s%s\"\nheader = \"Authorization: Bearer %s\"\nsilent\ngloboff\n", (NR > 1 ? "next\n" : ""), url, $1, token}' >all
  # A log's own entries are of this registry alone; so is the number of a request that was refused.
  curl -K all | jq -cS --argjson last "$last" 'del(.. | .downloads?) | if has("code") then del(.requestId) else . end |
    if has("entries") then .entries | map(select(.sequence <= $last)) else . end'
  for path in $(sqlite3 "$1" "SELECT '/v1/connectors/' || connector_id || '/' || version || '/tarball' FROM versions"); do
    curl -sS "$MKT_REGISTRY$path" | sha256sum
  done
}
last=$(sqlite3 data/mktd.db "SELECT max(seq) FROM audit_log")
answers data/mktd.db >first
stop_mktd
mv data original
expect 0 "$MKTD" mirror restore --into data "${mirrored[@]}"
cat out
start_mktd
answers data/mktd.db >second
diff first second >differences || { head -c 3000 differences >&2; fail "the restored registry answers differently"; }
echo "$last log entries, $(wc -l <first) answers compared"
