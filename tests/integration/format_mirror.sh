#!/usr/bin/env bash
# mktd-mirror(5): what is sent to Firestore is what the page says, document by document and field by
# field, in the order and under the preconditions that it says; and a registry is brought back by its rule.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
page=mktd-mirror.5
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"

firestore=
bucket_pid=
cleanup() {
  [[ -z $firestore ]] || kill "$firestore" 2>/dev/null || true
  [[ -z $bucket_pid ]] || kill "$bucket_pid" 2>/dev/null || true
  stop_mktd
}
start_firestore() { # FOLDER
  perl "$SOURCE/tests/integration/fake_firestore.pl" "$1" &
  firestore=$!
  wait_for "Firestore" test -s "$1/port"
  export FIRESTORE_EMULATOR_HOST=127.0.0.1:$(<"$1/port")
}
sql() { sqlite3 -readonly data/mktd.db "$1"; }
status() { curl -sS -H "Authorization: Bearer $token" "$MKT_REGISTRY/v1/mirror"; }
sent_all() { wait_for "the mirror to have everything" eval '[[ $(status | jq .waiting) == 0 ]]'; }
send() { curl -sS -H "Authorization: Bearer $1" -X "$2" ${4:+-d "$4"} "$MKT_REGISTRY$3"; }
# A document's fields as JSON; a time as {"$timestamp": …}, so that it is no string.
plain='def plain: if has("stringValue") then .stringValue elif has("integerValue") then (.integerValue | tonumber)
  elif has("booleanValue") then .booleanValue elif has("nullValue") then null
  elif has("timestampValue") then {"$timestamp": .timestampValue}
  elif has("arrayValue") then [.arrayValue.values[]? | plain]
  elif has("mapValue") then (.mapValue.fields // {} | map_values(plain)) else error("a value of another type: \(.)") end;'
all() { jq "$plain map_values(map_values(plain))" fire/documents; }

# --- The example: a new registry -----------------------------------------------------------------------
mkdir fire objects
start_firestore fire
start_mktd --firestore-project test
register acme
make_connector hello
expect 0 "$MKT" publish hello
member=$(send "$token" POST /v1/tokens '{"role":"member","subject":"team","name":"bob"}' | jq -r .token)
request=$(send "$member" POST /v1/tenants/team/installs '{"connectorId":"hello","config":{"level":3}}' | jq -r .requestId)
sent_all
jq -r 'keys[]' fire/documents | sed "s/$request/REQUEST/" | diff - <(block "$page" example paths) || fail "the documents (<) are not those of the page (>)"
checksum=$(sql 'SELECT checksum FROM versions')
jq --arg request "$request" --arg checksum "$checksum" '.["gwi_tenants/team/connector_installs/hello"]
  | walk(if . == $request then "REQUEST" elif . == $checksum then "CHECKSUM" else . end)
  | .mirrorSeq.integerValue = "SEQ" | .installedAt.timestampValue = "TIME" | .updatedAt.timestampValue = "TIME"' fire/documents >is
example "$page" installation >said
[[ $(jq -Sc . is) == "$(jq -Sc . said)" ]] || { diff <(jq -S . is) <(jq -S . said); fail "the installation (<) is not the page's (>)"; }
# Brought back by the page's rule, by the columns of the table.
columns=$(sql "SELECT json_group_array(name) FROM pragma_table_info('installations')")
camel='def camel: gsub("_(?<c>[a-z])"; .c | ascii_upcase);'
jq --argjson columns "$columns" "$plain $camel"'del(.mirrorSeq) | map_values(plain) | . + .mktd
  | with_entries(select(.key as $k | $columns | map(camel) | index($k)))
  | .installedAt = .installedAt["$timestamp"] | .updatedAt = .updatedAt["$timestamp"]' said >row
[[ $(jq -Sc . row) == "$(example "$page" row | jq -Sc .)" ]] || fail "the row that the rule gives: $(<row)"

# --- Some of everything --------------------------------------------------------------------------------
second=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$second"
expect 0 "$MKT" key revoke "$second" --reason-code superseded --reason 'of no use' --yes
expect 0 "$MKT" key rotate "$key" --no-passphrase
export MKT_KEY
MKT_KEY=$(sql "SELECT key_id FROM publisher_keys WHERE status = 'active'")
make_connector full 1.1.0
jq '. + {repository: "https://acme.example/full", homepage: "https://acme.example", keywords: ["k"], changelog: "c",
  releaseNotes: "r", minCoreVersion: "1.0.0", capabilities: ["vcs", "auth"]}' full/connector.manifest.json >m
mv m full/connector.manifest.json
expect 0 "$MKT" publish full
make_connector nested
jq '. + {lists: [[1]]}' nested/connector.manifest.json >m && mv m nested/connector.manifest.json
expect 0 "$MKT" publish nested
expect 0 "$MKT" deprecate full@1.1.0 --reason old
make_connector gone
expect 0 "$MKT" publish gone --visibility tenants:team
expect 0 "$MKT" withdraw gone@1.0.0 --reason-code mistake --reason 'not ready' --yes
send "$token" PUT /v1/tenants/team/policy '{"policy":{"requireApprovalForAll":true}}' >body
approver=$(send "$token" POST /v1/tokens '{"role":"approver","subject":"team","name":"alice"}' | jq -r .token)
for id in full nested; do
  asked=$(send "$member" POST /v1/tenants/team/installs "{\"connectorId\":\"$id\"}" | jq -r .requestId)
  case $id in
    full) send "$approver" POST "/v1/tenants/team/install-requests/$asked/approve" >body ;;
    nested) send "$approver" POST "/v1/tenants/team/install-requests/$asked/deny" '{"reason":"no"}' >body ;;
  esac
done
send "$member" POST /v1/tenants/team/installs '{"connectorId":"nested"}' >body
make_connector last
expect 0 "$MKT" publish last
asked=$(send "$member" POST /v1/tenants/team/installs '{"connectorId":"last"}' | jq -r .requestId)
send "$member" POST "/v1/tenants/team/install-requests/$asked/cancel" >body
expect 0 "$MKT" publisher suspend acme --reason 'for a while'
sent_all
all >documents

# Every document is of a path of the page, has its fields and no other, and every field was seen once.
kinds='{"log": ["audit_log", "marketplace_log"], "publisher": ["publishers", "marketplace_publishers"],
  "connector": ["connectors", "marketplace_connectors"], "version": ["versions", "marketplace_versions"],
  "policy": ["tenant_policies", "policies"], "install_request": ["install_requests", "install_requests"],
  "installation": ["installations", "connector_installs"],
  "installation_event": ["installation_events", "installation_events"]}'
counted=0
while read -r kind table collection; do
  jq --arg c "$collection" '[to_entries[] | select(.key | test("^gwi_(tenants/[^/]+/)?" + $c + "/[^/]+$")) | .value]' documents >found
  [[ $(jq length found) -gt 0 ]] || fail "no document of $collection"
  counted=$((counted + $(jq length found)))
  jq 'map({mirrorSeq, mktd} | map_values(values))' found >common
  fits "$page" document common . common
  jq 'map(del(.mirrorSeq, .mktd))' found >fields
  fits "$page" document "$kind" . fields
  block "$page" document "$kind" | sed -nE 's/^(\w+)\?? .*/\1/p' | sort >listed
  jq -r '.[] | keys[]' fields | sort -u | diff - listed || fail "fields of $kind that no document has (>)"
  # What is marked as the store's own is a column with that value, and all columns are there.
  sql "SELECT name FROM pragma_table_info('$table')" | jq -Rr "$camel camel" | sort >columns
  block "$page" document "$kind" | sed -nE 's/^(\w+)\?? +.* =( .*)?$/\1/p' | sort >own
  [[ -z $(comm -23 own columns) ]] || fail "$kind: no columns of $table: $(comm -23 own columns)"
  [[ -z $(comm -23 columns listed) ]] || fail "$kind lacks columns of $table: $(comm -23 columns listed)"
done < <(jq -r 'to_entries[] | "\(.key) \(.value | join(" "))"' <<<"$kinds")
[[ $((counted + 1)) == "$(jq length documents)" ]] || fail "$counted documents were looked at, of $(jq -c keys documents)"
jq '.["gwi_marketplace_mirror/cursor"]' documents >cursor
fits "$page" document cursor . cursor

# Values that older readers look for.
of() { jq -e --arg path "$1" ".[\$path] | $2" documents >/dev/null || fail "$1 is not as the page says ($2): $(jq -c --arg p "$1" '.[$p]' documents)"; }
of gwi_marketplace_connectors/full '.tags == ["vcs", "auth", "k"] and .categories == ["version-control", "security"]
  and .versions == ["1.1.0"] and .totalDownloads == .downloads and .updated == .updatedAt and .featured == false
  and .documentationUrl == "https://acme.example"'
of gwi_marketplace_versions/full@1.1.0 '.tarballUrl == "/v1/connectors/full/1.1.0/tarball" and .tarballChecksum == .checksum
  and .tarballSize == .size and .minGwiVersion == "1.0.0" and .deprecationReason == "old" and (.manifest | type) == "object"'
of gwi_marketplace_versions/nested@1.0.0 '(.manifest | type) == "string" and (.signature | type) == "object" and (.mktd | has("manifest") | not)'
of gwi_marketplace_publishers/acme '.suspensionReason == "for a while" and ([.publicKeys[].status] | sort) == ["active", "expired"]
  and [.revokedKeys[].status] == ["revoked"] and ([.mktd.publicKeys[].status] | sort) == ["active", "retired"] and .verifiedAt == null'
jq -e '[to_entries[] | select(.key | test("/install_requests/")) | .value | [.status, .mktd.status]] | sort
  == [["approved", null], ["approved", null], ["denied", null], ["expired", "cancelled"]]' documents >/dev/null || fail "the words of requests"
of "gwi_tenants/team/install_requests/$request" ".idempotencyKey == \"$(printf %s team:hello:1.0.0 | sha256sum | cut -c1-32)\""
send "$member" DELETE /v1/tenants/team/installs/full >body
sent_all
jq -e 'has("gwi_tenants/team/connector_installs/full") | not' fire/documents >/dev/null || fail "what was uninstalled is there"

# --- Commits: the cursor first, everything under a precondition -----------------------------------------
jq -e '.writes[0].update.name | endswith("/gwi_marketplace_mirror/cursor")' fire/commits >/dev/null || fail "a commit that begins otherwise"
jq -se 'all(.[].writes; length <= 500 and all(.[]; has("currentDocument")))' fire/commits >/dev/null || fail "a write without a precondition"
jq -se '[.[].writes[] | select(has("update") and (.update.name | endswith("/gwi_marketplace_publishers/acme"))) | .update.fields.mirrorSeq.integerValue | tonumber]
  | . == (sort) and . == unique' fire/commits >/dev/null || fail "mirrorSeq of a document does not grow"
# What fails for a moment is tried again.
touch fire/down
expect 0 "$MKT" publisher restore acme
make_connector later
expect 0 "$MKT" publish later
wait_for "the trouble" eval '[[ $(status | jq -r .trouble) == *503* ]]'
rm fire/down
sent_all
jq -e 'has("gwi_marketplace_connectors/later")' fire/documents >/dev/null || fail "what failed is not sent"
expect 0 "$MKTD" mirror verify --data data --firestore-project test
stop_mktd

# --- A registry brought back ----------------------------------------------------------------------------
expect 0 "$MKTD" mirror restore --into back --firestore-project test
tables=$(sql "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('publishers', 'publisher_keys', 'connectors',
  'connector_owners', 'versions', 'tenant_policies', 'install_requests', 'installations', 'installation_events')")
for table in $tables; do
  diff <(sql "SELECT * FROM $table ORDER BY 1, 2") <(sqlite3 back/mktd.db "SELECT * FROM $table ORDER BY 1, 2") || fail "$table comes back otherwise"
done

# --- The prefix's guard, and the bucket -----------------------------------------------------------------
mv data first
start_mktd --firestore-project test
wait_for "another registry to be refused" eval '[[ $(status | jq -r .trouble) == *"another registry"* ]]'
stop_mktd
kill "$firestore"
mkdir foreign
echo '{"theirs_marketplace_connectors/old": {"id": {"stringValue": "old"}}}' >foreign/seed
start_firestore foreign
export STORAGE_EMULATOR_HOST
"$MIRROR_FAULTS" bucket tarballs objects bucket.port &
bucket_pid=$!
wait_for "the bucket" test -s bucket.port
STORAGE_EMULATOR_HOST=http://127.0.0.1:$(<bucket.port)
rm -r data
mv first data
start_mktd --firestore-project test --firestore-prefix theirs_ --firestore-bucket tarballs
wait_for "the guard" eval '[[ $(status | jq -r .trouble) == *theirs_marketplace_connectors/old* ]]'
[[ ! -e foreign/commits ]] || fail "something was written under a prefix of others'"
expect 0 "$MKTD" mirror adopt --data data --firestore-project test --firestore-prefix theirs_ --yes
# A daemon that has just started does not wait before it looks again.
stop_mktd
start_mktd --firestore-project test --firestore-prefix theirs_ --firestore-bucket tarballs
sent_all
jq -e '.["theirs_marketplace_connectors/old"] == {id: {stringValue: "old"}} and has("theirs_marketplace_connectors/hello")' \
  foreign/documents >/dev/null || fail "adopting"
find objects -type f | sed 's,^objects/,,; s,!,/,' | sort >is
sql "SELECT DISTINCT 'theirs_marketplace_tarballs/' || substr(checksum, 8) || '.tgz' FROM versions WHERE withdrawn_at IS NULL" | sort >said
[[ -s said ]] || fail "no versions"
diff is said || fail "the bucket's objects (<) are not those of the page (>)"
