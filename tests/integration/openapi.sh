#!/usr/bin/env bash
# GET /v1/openapi: every operation is called, and each answer, errors too, is of the document's schema;
# a public linter finds nothing in it.
source "$(dirname "$0")/lib.sh"
python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
firestore=
cleanup() { [[ -z $firestore ]] || kill "$firestore" 2>/dev/null || true; }
mkdir fire
perl "$SOURCE/tests/integration/fake_firestore.pl" fire &
firestore=$!
wait_for "Firestore" test -s fire/port
export FIRESTORE_EMULATOR_HOST=127.0.0.1:$(<fire/port)
start_mktd --firestore-project test
export MKT_TOKEN=$token

# --- What the calls send --------------------------------------------------------------------------------
register acme
first=$key
second=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
third=$("$MKT" key generate --publisher beta --no-passphrase 2>/dev/null)
public() { "$MKT" --json key show "$1" | jq -r .publicKey; }
packed() { # packed ID VERSION: ./ID-VERSION.tgz and its signature
  make_connector "$1" "$2"
  "$MKT" pack "$1" -o "$PWD/$1-$2.tgz" >/dev/null
  "$MKT" sign "$1-$2.tgz" --key "$first" >/dev/null
  base64 -w0 <"$1-$2.tgz.sig.json" >"$1-$2.header"
}
packed hello 1.0.0
packed hello 1.1.0
packed hello 1.2.0
packed other 1.0.0
make_connector server
jq '.mcp = {transport: "stdio"}' server/connector.manifest.json >m && mv m server/connector.manifest.json
"$MKT" pack server -o "$PWD/server-1.0.0.tgz" >/dev/null
"$MKT" sign server-1.0.0.tgz --key "$first" >/dev/null
cp hello-1.0.0.tgz again.tgz
"$MKT" sign again.tgz --key "$second" >/dev/null
tar xzf other-1.0.0.tgz -O connector.manifest.json >manifest.json
jq -n --slurpfile m manifest.json --rawfile t <(base64 -w0 other-1.0.0.tgz) \
  --slurpfile s other-1.0.0.tgz.sig.json '{manifest: $m[0], tarball: $t, signature: $s[0]}' >older.json
checksum=$("$MKT" --json pack hello -o "$PWD/x.tgz" | jq -r .checksum)
later=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)

# --- Calls ----------------------------------------------------------------------------------------------
cat >calls <<CALLS
showAlive 200
showReady 200
showCatalogHealth 200
showStatus 200 @$token
showMetrics 200
showMetricsBelowV1 200
showOpenapi 200

createToken 201 @$token {"name":"ci","role":"publisher","subject":"acme","expiresAt":"$later"} > publisher=token
createToken 201 @$token {"name":"maria","role":"member","subject":"team"} > member=token member_id=id
createToken 201 @$token {"name":"tom","role":"tenant-admin","subject":"team"} > chief=token
createToken 201 @$token {"name":"ann","role":"approver","subject":"team"} > approver=token
createToken 401 {"role":"admin"}
createToken 400 @$token {"role":"king","name":7}
createToken 413 @$token $PWD/large.json
listTokens 200 @$token
listTokens 401
showCurrentToken 200 @\$member
showCurrentToken 401

registerPublisher 401 {"id":"beta","displayName":"Beta","email":"b@acme.example","publicKey":"$(public "$third")"}
registerPublisher 422 @$token {"id":"Beta","email":"nobody"}
registerPublisher 201 @$token {"id":"beta","displayName":"Beta","email":"b@acme.example","publicKey":"$(public "$third")"}
registerPublisher 409 @$token {"id":"beta","displayName":"Beta","email":"b@acme.example","publicKey":"$(public "$third")"}
listPublishers 200
showPublisher 200 id=acme
showPublisher 404 id=nobody
changePublisher 200 @$token id=beta {"status":"suspended","reason":"under review"}
changePublisher 200 @$token id=beta {"status":"active"}
changePublisher 200 @$token id=acme {"verified":true}
changePublisher 400 @$token id=acme {"status":"angry"}
challenge 201 id=acme
challenge 422 id=ACME
addKey 201 @$token id=acme {"publicKey":"$(public "$second")","expiresAt":"$later"}
addKey 422 @$token id=acme {"publicKey":"AAAA"}
listKeys 200
listKeys 200 since=1
listKeys 400 since=x

publish 201 @\$publisher id=hello version=1.0.0 Mkt-Signature=$(<hello-1.0.0.header) $PWD/hello-1.0.0.tgz
publish 200 @\$publisher id=hello version=1.0.0 Mkt-Signature=$(<hello-1.0.0.header) $PWD/hello-1.0.0.tgz
publish 201 @\$publisher id=hello version=1.1.0 Mkt-Signature=$(<hello-1.1.0.header) $PWD/hello-1.1.0.tgz
publish 201 @\$publisher id=hello version=1.2.0 Mkt-Signature=$(<hello-1.2.0.header) $PWD/hello-1.2.0.tgz
publish 201 @\$publisher id=server version=1.0.0 Mkt-Signature=$(base64 -w0 <server-1.0.0.tgz.sig.json) $PWD/server-1.0.0.tgz
listMcpServers 200 search=server
listMcpServers 400 limit=0
listMcpServerVersions 200 serverName=internal.mkt/server
listMcpServerVersions 404 serverName=internal.mkt/none
showMcpServer 200 serverName=internal.mkt/server version=latest
showMcpServer 404 serverName=internal.mkt/server version=9.9.9
listTenantMcpServers 200 tenant=team
listTenantMcpServers 404 tenant=Team
listTenantMcpServerVersions 200 tenant=team serverName=internal.mkt/server
listTenantMcpServerVersions 404 tenant=team serverName=internal.mkt/hello
showTenantMcpServer 200 tenant=team serverName=internal.mkt/server version=1.0.0
showTenantMcpServer 404 tenant=team serverName=internal.mkt/server version=2.0.0
publish 400 @\$publisher id=hello version=1.3.0 Mkt-Signature=x $PWD/hello-1.0.0.tgz
publish 422 @\$publisher id=hello version=1.3.0 Mkt-Signature=$(<hello-1.0.0.header) $PWD/hello-1.1.0.tgz
publishJson 201 @\$publisher $PWD/older.json
publishJson 400 @\$publisher {"manifest":{}}
announce 201 @\$publisher {"connectorId":"hello","version":"1.2.0","tarballChecksum":"$checksum"}
announce 400 @\$publisher {"connectorId":"hello"}
countersign 200 @\$publisher id=hello version=1.0.0 $PWD/again.tgz.sig.json
countersign 404 @\$publisher id=hello version=9.0.0 $PWD/again.tgz.sig.json
deprecate 200 @\$publisher id=hello version=1.1.0 {"reason":"loses data"}
deprecate 400 @\$publisher id=hello version=1.1.0 {"reason":""}
listSignings 200 @\$publisher id=acme
listSignings 200 @$token id=acme after=1 limit=1
listSignings 401 id=acme
listSignings 403 @\$member id=acme
listSignings 400 @\$publisher id=acme limit=0
listDependants 200 id=hello
listDependants 404 id=nothing
setVisibility 200 @\$publisher id=hello {"visibility":"tenants:team"}
setVisibility 200 @\$publisher id=hello {"visibility":"everyone"}
setVisibility 422 @\$publisher id=hello {"visibility":"nobody"}
quarantine 200 @$token id=hello version=1.1.0 {"reason":"calls home"}
quarantine 403 @\$publisher id=hello version=1.1.0 {"reason":"calls home"}
release 200 @$token id=hello version=1.1.0 {"reason":"it does not"}
release 404 @$token id=hello version=9.0.0 {"reason":"it does not"}
search 200
search 200 q=hello sortBy=name pageSize=1
search 400 q=$(printf 'x%.0s' {1..300})
showConnector 200 id=hello
showConnector 404 id=nothing
showVersion 200 id=hello version=1.1.0
showVersion 200 id=hello version=latest
showVersion 404 id=hello version=9.9.9
undoDeprecation 200 @\$publisher id=hello version=1.1.0
undoDeprecation 401 id=hello version=1.1.0
showSignature 200 id=hello version=1.0.0
showSignature 404 id=hello version=9.9.9
downloadTarball 200 id=hello version=1.0.0
downloadTarball 206 id=hello version=1.0.0 Range=bytes=0-9
downloadTarball 416 id=hello version=1.0.0 Range=bytes=999999-
noteDownload 200 id=hello version=1.0.0
noteDownload 404 id=hello version=9.9.9
showStats 200
listOwners 200 id=hello
listOwners 404 id=nothing
addOwner 200 @\$publisher id=hello publisher=beta
addOwner 404 @\$publisher id=hello publisher=nobody
removeOwner 200 @\$publisher id=hello publisher=beta
removeOwner 409 @\$publisher id=hello publisher=acme

showPolicy 200 @\$member tenant=team
showPolicy 401 tenant=team
setPolicy 200 @\$chief tenant=team {"policy":{"requireApprovalForAll":true,"autoApproveVerified":false,"requestTtl":"2d"},"revision":0}
setPolicy 409 @\$chief tenant=team {"policy":{},"revision":0}
setPolicy 422 @\$chief tenant=team {"policy":{"minApprovals":0}}
listPolicies 200 @\$member tenant=team
listPolicies 401 tenant=team
checkPolicy 200 @\$member tenant=team connector=hello
checkPolicy 404 @\$member tenant=team connector=nothing

requestInstall 202 @\$member tenant=team {"connectorId":"hello","version":"1.0.0","config":{"a":1}} > one=requestId
requestInstall 202 @\$member tenant=team {"connectorId":"hello","version":"1.1.0"} > two=requestId
requestInstall 202 @\$member tenant=team {"connectorId":"other"} > three=requestId
requestInstall 400 @\$member tenant=team {"connectorId":7,"config":[]}
listInstallRequests 200 @\$member tenant=team limit=2
listInstallRequests 200 @\$member tenant=team status=denied
listInstallRequests 400 @\$member tenant=team status=lost
showInstallRequest 200 @\$approver tenant=team id=\$one
showInstallRequest 404 @\$approver tenant=team id=req_0
approveInstallRequest 200 @\$approver tenant=team id=\$one
approveInstallRequest 404 @\$approver tenant=team id=req_0
denyInstallRequest 200 @\$approver tenant=team id=\$two {"reason":"too new"}
denyInstallRequest 400 @\$approver tenant=team id=\$three {}
cancelInstallRequest 200 @\$member tenant=team id=\$three
cancelInstallRequest 404 @\$member tenant=team id=req_0
requestInstall 200 @\$member tenant=team {"connectorId":"hello","version":"1.0.0"}
updateInstallation 202 @\$member tenant=team connector=hello {"version":"1.2.0"} > four=requestId
updateInstallation 404 @\$member tenant=team connector=other {"version":"1.0.0"}
showInstallRequest 200 @\$approver tenant=team id=\$four
approveInstallRequest 200 @\$approver tenant=team id=\$four
listInstallations 200 @\$member tenant=team
listInstallations 401 tenant=team
showInstallation 200 @\$member tenant=team connector=hello
showInstallation 404 @\$member tenant=team connector=nothing

revokeKey 200 @$token id=acme keyId=$first {"reasonCode":"compromised","reason":"stolen","dryRun":true}
revokeKey 200 @$token id=acme keyId=$first {"reasonCode":"compromised","reason":"stolen"}
revokeKey 400 @$token id=acme keyId=$second {"reasonCode":"bored"}
listKeys 200
showVersion 200 id=hello version=1.2.0
downloadTarball 409 id=hello version=1.2.0
withdraw 200 @\$publisher id=hello version=1.2.0 {"reasonCode":"mistake","reason":"too early"}
withdraw 400 @\$publisher id=hello version=1.2.0 {"reasonCode":"boredom","reason":"x"}
downloadTarball 410 id=hello version=1.2.0
uninstall 200 @\$member tenant=team connector=hello
uninstall 404 @\$member tenant=team connector=hello
showInstallation 200 @\$member tenant=team connector=hello

listLimits 200 @\$member
listLimits 403 @\$member subject=publisher:acme
resetLimit 200 @$token scope=marketplace:publish subject=publisher:acme
resetLimit 403 @\$member scope=marketplace:publish subject=publisher:acme
listFeed 200
listFeed 200 after=2 limit=1
listFeed 400 limit=0
listLog 200 @$token
listLog 200 @$token after=3 limit=2
listLog 403 @\$member
showMirror 200 @$token
showMirror 403 @\$member
resyncMirror 202 @$token
resyncMirror 403 @\$member
adoptMirror 202 @$token
adoptMirror 403 @\$member
revokeToken 204 @$token id=\$member_id
revokeToken 404 @$token id=000000000000
CALLS
printf '{"name":"%s"}' "$(printf 'x%.0s' {1..17000})" >large.json
python3 "$SOURCE/tests/integration/openapi_calls.py" "$MKT_REGISTRY" calls

# --- The linter -----------------------------------------------------------------------------------------
curl -sS "$MKT_REGISTRY/v1/openapi" | jq . >openapi.json
linter=@redocly/cli@2.77.0
command -v npx >/dev/null || skip "the linter: npm is not installed (all calls hold)"
npm view "$linter" version >/dev/null 2>&1 || skip "the linter: npm's registry cannot be reached (all calls hold)"
# A version and a resource may stand at the same place of a path; the router prefers fixed words.
echo '{"extends": ["recommended"], "rules": {"no-ambiguous-paths": "off"}}' >redocly.yaml
REDOCLY_TELEMETRY=off npx --yes "$linter" lint --config redocly.yaml openapi.json >lint 2>&1 || { cat lint >&2; fail "the linter"; }
! grep -q "Warning was generated" lint || { cat lint >&2; fail "the linter warns"; }
