#!/usr/bin/env bash
# The MCP registry's read API: every server is of the official schema; what is listed for everyone and for
# a tenant follows policy, approvals, visibility, quarantine and withdrawal; bad input gets clear errors.
source "$(dirname "$0")/lib.sh"
python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"

start_mktd --mcp-namespace com.acme
export MKT_TOKEN=$token
auth=(-H "Authorization: Bearer $token")
register acme
# with ID FILTER: the connector's manifest, changed by jq.
with() {
  jq "$2" "$1/connector.manifest.json" >m && mv m "$1/connector.manifest.json"
}
server() { # server ID VERSION FILTER
  make_connector "$1" "$2"
  with "$1" '.mcp = {transport: "stdio"} | '"${3:-.}"
  expect 0 "$MKT" publish "$1"
}
names() { jq -r '[.servers[].server | "\(.name)@\(.version)"] | join(" ")' body; }
lists() { # lists PATH NAMES [CURL…]
  expect_http 200 - GET "$1" "${@:3}"
  [[ $(names) == "$2" ]] || fail "$1 lists $(names), not $2"
}
cat >schema.py <<'PY'
import json, sys
from jsonschema import Draft7Validator
schema = json.load(open(sys.argv[1]))
Draft7Validator.check_schema(schema)
body = json.load(sys.stdin)
official = {"status", "statusMessage", "statusChangedAt", "publishedAt", "updatedAt", "isLatest"}
for entry in body.get("servers", [body]):
    assert set(entry) == {"server", "_meta"}, entry
    wrong = [f"{e.json_path}: {e.message}" for e in Draft7Validator(schema).iter_errors(entry["server"])]
    known = entry["_meta"]["io.modelcontextprotocol.registry/official"]
    if not set(known) <= official or known["status"] not in ("active", "deprecated", "deleted"):
        wrong.append(f"_meta: {known}")
    if wrong:
        sys.exit(f"{entry['server']}: " + "; ".join(wrong))
PY
valid() { python3 schema.py "$SOURCE/tests/integration/mcp/server.schema.json" <body || fail "not of the official schema"; }

# --- What is listed, and how ------------------------------------------------------------------------------
make_connector plain
expect 0 "$MKT" publish plain
server own 1.0.0
server own 1.1.0
server npm 2.0.0+build.7 '.mcp += {runtimeHint: "npx",
  package: {registryType: "npm", identifier: "@acme/slack", version: "2.0.0", registryBaseUrl: "https://npm.acme.example"},
  arguments: [{type: "named", name: "--team", value: "core"}, {type: "positional", valueHint: "folder", isRequired: true, format: "filepath"}],
  environment: [{name: "SLACK_TOKEN", description: "From the admin", isRequired: true, isSecret: true},
                {name: "LEVEL", default: "low", choices: ["low", "high"]}]}
  | .description = ("wörter und mehr " * 20) | .homepage = "https://acme.example/slack"
  | .repository = "https://github.com/acme/slack"'
server far 1.0.0 '.mcp = {transport: {type: "streamable-http", url: "https://mcp.acme.example/v1",
  headers: [{name: "Authorization", isRequired: true, isSecret: true}]}} | .description = ""'
lists /v0.1/servers "com.acme/far@1.0.0 com.acme/npm@2.0.0+build.7 com.acme/own@1.0.0 com.acme/own@1.1.0"
valid
jq -e '.metadata.count == 4 and (.metadata | has("nextCursor") | not)' body >/dev/null || fail "metadata: $(jq -c .metadata body)"
jq -e '[.servers[]._meta["io.modelcontextprotocol.registry/official"].isLatest] == [true, true, false, true]' body >/dev/null || fail "isLatest"
jq -e '.servers[0].server.remotes[0].url == "https://mcp.acme.example/v1"' body >/dev/null || fail "remotes"
jq -e '.servers[1].server | (.description | length == 100) and .repository.source == "github" and
  (.packages[0] | .identifier == "@acme/slack" and .transport.type == "stdio" and .runtimeHint == "npx" and
   .packageArguments[0].name == "--team" and .environmentVariables[0].isSecret)' body >/dev/null || fail "npm: $(jq -c .servers[1] body)"
sum=$(curl -sS "$MKT_REGISTRY/v1/connectors/own/1.1.0" | jq -r .tarballChecksum)
jq -e --arg s "${sum#sha256:}" '.servers[3].server.packages[0] | .registryType == "mkt" and .identifier == "own" and .fileSha256 == $s' body >/dev/null || fail "own: $(jq -c .servers[3] body)"

# Pages: the cursor stays good while others publish.
lists '/v0.1/servers?limit=2' "com.acme/far@1.0.0 com.acme/npm@2.0.0+build.7"
cursor=$(jq -r .metadata.nextCursor body)
server aaa 1.0.0
lists "/v0.1/servers?limit=2&cursor=$cursor" "com.acme/own@1.0.0 com.acme/own@1.1.0"
lists '/v0.1/servers?search=NPM' "com.acme/npm@2.0.0+build.7"
lists '/v0.1/servers?search=own&version=latest' "com.acme/own@1.1.0"
lists '/v0.1/servers?version=1.1.0' "com.acme/own@1.1.0"
lists '/v0.1/servers?updated_since=2999-01-01T00:00:00Z' ""
lists '/v0.1/servers?updated_since=2001-01-01T00:00:00Z&search=far' "com.acme/far@1.0.0"

# One server: both parts are percent-encoded.
lists /v0.1/servers/com.acme%2Fown/versions "com.acme/own@1.1.0 com.acme/own@1.0.0"
valid
expect_http 200 - GET /v0.1/servers/com.acme%2Fown/versions/latest
[[ $(jq -r .server.version body) == 1.1.0 ]] || fail "latest: $(<body)"
valid
expect_http 200 - GET /v0.1/servers/com.acme%2fnpm/versions/2.0.0%2Bbuild.7
valid
for path in com.acme%2Fnone/versions com.acme%2Fplain/versions/latest com.acme%2Fown/versions/9.9.9 own/versions \
  com.other%2Fown/versions com.acme/versions %00/versions x%2F..%2Fy/versions; do
  got=$(http GET "/v0.1/servers/$path")
  [[ $got == 404 || $got == 400 ]] || fail "$path: $got"
done
expect_http 404 not_found GET /v0.1/servers/com.acme%2Fnone/versions/latest
[[ $(jq -r .error body) == "Server not found" ]] || fail "404: $(<body)"

# --- Errors and CORS --------------------------------------------------------------------------------------
cors() {
  local field
  for field in 'Access-Control-Allow-Origin: \*' 'Access-Control-Allow-Methods: GET, OPTIONS' \
    'Access-Control-Allow-Headers: Authorization, Content-Type'; do
    [[ $(grep -ciE "^$field"$'\r?$' headers) == 1 ]] || { cat headers >&2; fail "not once: $field"; }
  done
}
elsewhere=(-H 'Origin: https://editor.example')
for query in limit=0 limit=101 limit=x cursor=x cursor=zz61 "cursor=$(printf 'a%.0s' {1..600})" updated_since=yesterday \
  include_deleted=perhaps "search=$(printf 'x%.0s' {1..201})"; do
  expect_http 400 - GET "/v0.1/servers?$query" "${elsewhere[@]}"
  cors
done
for path in /v0.1/servers /v0.1/servers/com.acme%2Fnone/versions /v0.1/nothing /t/team/v0.1/servers; do
  http GET "$path" "${elsewhere[@]}" >/dev/null
  cors
  http GET "$path" "${elsewhere[@]}" "${auth[@]}" >/dev/null
  cors
  [[ $(http OPTIONS "$path" "${elsewhere[@]}" -H 'Access-Control-Request-Method: GET') == 204 ]] || fail "OPTIONS $path"
  cors
done
for call in "POST /v0.1/publish" "PUT /v0.1/servers/com.acme%2Fown/versions/1.0.0" "DELETE /v0.1/servers/com.acme%2Fown/versions/1.0.0" \
  "PATCH /v0.1/servers/com.acme%2Fown/versions/1.0.0/status" "POST /t/team/v0.1/publish"; do
  expect_http 501 not_implemented ${call% *} "${call#* }" -d '{}' "${elsewhere[@]}"
  [[ $(jq -r .error body) == "Publishing is not supported by this registry" ]] || fail "501: $(<body)"
  cors
done

# --- Statuses ---------------------------------------------------------------------------------------------
expect 0 "$MKT" deprecate own@1.0.0 --reason "use 1.1.0"
expect_http 200 - GET /v0.1/servers/com.acme%2Fown/versions/1.0.0
jq -e '._meta["io.modelcontextprotocol.registry/official"] | .status == "deprecated" and .statusMessage == "use 1.1.0"' body >/dev/null || fail "deprecated: $(<body)"
expect 0 "$MKT" quarantine own@1.1.0 --reason "calls home"
lists '/v0.1/servers?search=own' "com.acme/own@1.0.0"
lists '/v0.1/servers?search=own&include_deleted=true' "com.acme/own@1.0.0 com.acme/own@1.1.0"
valid
expect_http 200 - GET /v0.1/servers/com.acme%2Fown/versions/1.1.0
jq -e '._meta["io.modelcontextprotocol.registry/official"] | .status == "deleted" and (.statusMessage | endswith("calls home"))' body >/dev/null || fail "deleted: $(<body)"
expect_http 200 - GET /v0.1/servers/com.acme%2Fown/versions/latest
[[ $(jq -r .server.version body) == 1.0.0 ]] || fail "latest after the quarantine: $(<body)"
expect 0 "$MKT" quarantine own@1.1.0 --undo --reason "looked at it"
lists '/v0.1/servers?search=own&version=latest' "com.acme/own@1.1.0"

# --- A tenant's list --------------------------------------------------------------------------------------
member=$("$MKT" token create --json --role member --subject team --name maria | jq -r .token)
other=$("$MKT" token create --json --role member --subject other --name tom | jq -r .token)
approver=$("$MKT" token create --json --role approver --subject team --name ann | jq -r .token)
server gate 1.0.0 '.capabilities = ["auth"]'
team=/t/team/v0.1/servers
lists "$team?search=gate" ""
expect_http 404 - GET "$team/com.acme%2Fgate/versions/latest"
lists "$team?search=far" "com.acme/far@1.0.0"
expect_http 202 - POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId":"gate","version":"1.0.0"}'
lists "$team?search=gate" ""
wish=$(jq -r .requestId <(http POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId":"gate","version":"1.0.0"}' >/dev/null; cat body))
expect_http 200 - POST "/v1/tenants/team/install-requests/$wish/approve" -H "Authorization: Bearer $approver"
lists "$team?search=gate" "com.acme/gate@1.0.0"
valid
lists "/t/other/v0.1/servers?search=gate" ""
# Its next version needs an approval again where the policy says so; the list stays at the approved one.
curl -sSf -X PUT "${auth[@]}" -d '{"policy":{"requireApprovalForAll":true},"revision":0}' "$MKT_REGISTRY/v1/tenants/team/policy" >/dev/null
server gate 1.1.0 '.capabilities = ["auth"]'
lists "$team" "com.acme/gate@1.0.0"
expect_http 200 - GET "$team/com.acme%2Fgate/versions/latest"
[[ $(jq -r .server.version body) == 1.0.0 ]] || fail "the team's latest: $(<body)"
lists "$team/com.acme%2Fgate/versions" "com.acme/gate@1.0.0"
curl -sSf -X PUT "${auth[@]}" -d '{"policy":{"blockedConnectors":["gate"]},"revision":1}' "$MKT_REGISTRY/v1/tenants/team/policy" >/dev/null
lists "$team?search=gate" ""
# What a person denied stays out, also where the policy would let it in by now.
policy() { curl -sSf -X PUT "${auth[@]}" -d "$1" "$MKT_REGISTRY/v1/tenants/team/policy" >/dev/null; }
policy '{"policy":{"requireApprovalForAll":true},"revision":2}'
expect_http 202 - POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId":"gate","version":"1.1.0"}'
wish=$(jq -r .requestId body)
expect_http 200 - POST "/v1/tenants/team/install-requests/$wish/deny" -H "Authorization: Bearer $approver" -d '{"reason":"not this one"}'
policy '{"policy":{"requireApprovalForCapabilities":[]},"revision":3}'
lists "$team?search=gate" "com.acme/gate@1.0.0"
expect_http 404 - GET "$team/com.acme%2Fgate/versions/1.1.0"
expect_http 403 request_denied POST /v1/tenants/team/installs -H "Authorization: Bearer $member" -d '{"connectorId":"gate","version":"1.1.0"}'
expect_http 403 request_denied GET '/v1/tenants/team/policy/check?connector=gate&version=1.1.0' -H "Authorization: Bearer $member"
expect_http 404 - GET /t/No%20Tenant/v0.1/servers

# --- Who may not see it does not find it ------------------------------------------------------------------
expect 0 "$MKT" visibility far tenants:team
for by in "" "$other"; do
  lists '/v0.1/servers?search=far&include_deleted=true' "" ${by:+-H "Authorization: Bearer $by"}
  lists "$team?search=far" "" ${by:+-H "Authorization: Bearer $by"}
  expect_http 404 - GET /v0.1/servers/com.acme%2Ffar/versions/latest ${by:+-H "Authorization: Bearer $by"}
  expect_http 404 - GET "$team/com.acme%2Ffar/versions" ${by:+-H "Authorization: Bearer $by"}
done
for by in "$member" "$token"; do
  lists '/v0.1/servers?search=far' "com.acme/far@1.0.0" -H "Authorization: Bearer $by"
  lists "$team?search=far" "com.acme/far@1.0.0" -H "Authorization: Bearer $by"
done
lists "/t/other/v0.1/servers?search=far" "" "${auth[@]}"

# Where reading wants a token, a tenant's list is for the tenant.
stop_mktd
start_mktd --mcp-namespace com.acme --reads token
expect_http 401 - GET /v0.1/servers
expect_http 401 - GET "$team"
expect_http 403 - GET "$team" -H "Authorization: Bearer $other"
lists "$team?search=far" "com.acme/far@1.0.0" -H "Authorization: Bearer $member"
lists '/v0.1/servers?search=aaa' "com.acme/aaa@1.0.0" -H "Authorization: Bearer $other"
stop_mktd

# --- Bad declarations and bad settings ----------------------------------------------------------------------
unset MKT_REGISTRY
make_connector bad
for wrong in '"stdio"' '{}' '{transport: "telnet"}' '{transport: {type: "sse"}}' '{transport: {type: "sse", url: "ftp://x"}}' \
  '{transport: "stdio", package: {registryType: "npm"}}' '{transport: "stdio", package: {registryType: "npm", identifier: "x", version: "^1.0"}}' \
  '{transport: "stdio", package: {registryType: "mcpb", identifier: "https://x"}}' '{transport: "stdio", arguments: [{type: "named"}]}' \
  '{transport: "stdio", environment: [{isSecret: true}]}' '{transport: "stdio", environment: [{name: "A", format: "date"}]}' \
  '{transport: "stdio", environment: [range(65) | {name: "A"}]}' '{transport: "stdio", runtimeHint: ("x" * 20000)}'; do
  with bad ".mcp = $wrong"
  expect 2 "$MKT" pack bad -o bad.tgz
  says err mcp
done
for name in '' 'com acme' 'com/acme' 'cöm' "$(printf 'x%.0s' {1..129})"; do
  expect 2 "$MKTD" --data elsewhere --mcp-namespace "$name" --check-config
done
