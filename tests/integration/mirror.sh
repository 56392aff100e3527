#!/usr/bin/env bash
# The mirror against Google's own Firestore emulator: what readers find there, faults, both sides
# compared, and a registry brought back from it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/emulator.sh"
other=
cleanup() {
  [[ -z $other ]] || kill "$other" 2>/dev/null || true
  stop_bucket
  stop_emulator
}
start_emulator
root=http://$FIRESTORE_EMULATOR_HOST/v1/projects/test/databases/\(default\)/documents
document() { curl -sS -g -H 'Authorization: Bearer owner' "$root/$1"; }

mirrored=(--firestore-project test)
mirror_of() { "$MKTD" mirror status --data "$1" --json 2>/dev/null; }
sent_all() { wait_for "the mirror to have everything" eval '[[ $(waiting) == 0 ]]'; }
equal() {
  sent_all
  expect 0 "$MKTD" mirror verify --data data --firestore-project test
  says out "equal: "
}

# A registry with some of everything, of which a part was there before it had a mirror.
start_mktd
register acme
make_connector hello
expect 0 "$MKT" publish hello
stop_mktd
start_mktd "${mirrored[@]}"
make_connector hello 1.1.0
expect 0 "$MKT" publish hello
make_connector secret
jq '.capabilities = ["auth"]' secret/connector.manifest.json >m && mv m secret/connector.manifest.json
expect 0 "$MKT" publish secret
second=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$second"
expect 0 "$MKT" key revoke "$second" --reason-code superseded --reason 'of no use' --yes
token_of() { as_admin -d "{\"name\":\"$2\",\"role\":\"$1\",\"subject\":\"team\"}" "$MKT_REGISTRY/v1/tokens" | jq -r .token; }
member=$(token_of member bob) approver=$(token_of approver alice)
ask() { curl -sS -H "Authorization: Bearer $member" -d "{\"connectorId\":\"$1\",\"version\":\"$2\"}" "$MKT_REGISTRY/v1/tenants/team/installs"; }
ask hello 1.0.0 >/dev/null
request=$(ask secret 1.0.0 | jq -r .requestId)
curl -sS -X POST -H "Authorization: Bearer $approver" "$MKT_REGISTRY/v1/tenants/team/install-requests/$request/approve" >/dev/null
ask hello 1.1.0 >/dev/null
curl -sS -X DELETE -H "Authorization: Bearer $member" "$MKT_REGISTRY/v1/tenants/team/installs/hello" >/dev/null
expect 0 "$MKT" deprecate hello@1.0.0 --reason 'old „stuff“'
equal

# Readers of this data find what they know, of the types they know.
[[ $(document "gwi_marketplace_connectors/hello" | jq -r .fields.latestVersion.stringValue) == 1.1.0 ]] || fail "the connector"
document "gwi_marketplace_versions/hello@1.0.0" >v
[[ $(jq -c '[.fields.deprecated.booleanValue, .fields.deprecationReason.stringValue]' v) == '[true,"old „stuff“"]' ]] || fail "the version: $(<v)"
jq -e '.fields.publishedAt.timestampValue and .fields.size.integerValue and .fields.mirrorSeq.integerValue' v >/dev/null || fail "types: $(<v)"
document gwi_marketplace_publishers/acme >p
jq -e '.fields.publicKeys.arrayValue.values | length >= 1' p >/dev/null || fail "publicKeys: $(<p)"
[[ $(document "gwi_tenants/team/install_requests/$request" | jq -r '.fields | [.status.stringValue, .approvals.arrayValue.values[0].mapValue.fields.approver.stringValue] | join(" ")') == "approved alice" ]] ||
  fail "the install request"
[[ $(document gwi_tenants/team/connector_installs/secret | jq -r .fields.version.stringValue) == 1.0.0 ]] || fail "the installation"
[[ $(document gwi_tenants/team/connector_installs/hello | jq .error.code) == 404 ]] || fail "what was uninstalled is still there"
! grep -rq "${token#mkt_}" <(curl -sS -g -H 'Authorization: Bearer owner' -d '{"structuredQuery":{"from":[{"allDescendants":true}]}}' -H 'Content-Type: application/json' "$root:runQuery") ||
  fail "a token is in the mirror"

# Lists are arrays there and objects maps, times timestamps; field by field as older readers want them.
typed() { # PATH JQ-CONDITION: of its fields
  document "$1" >d
  jq -e ".fields | $2" d >/dev/null || fail "$1 is not as older readers know it ($2): $(<d)"
}
typed gwi_marketplace_connectors/hello '(.capabilities.arrayValue.values[0].stringValue == "custom")
  and ([.versions.arrayValue.values[].stringValue] == ["1.1.0", "1.0.0"]) and (.categories.arrayValue.values[0].stringValue == "other")
  and .tags.arrayValue and .totalDownloads.integerValue and .downloads.integerValue and (.license.stringValue == "Apache-2.0")
  and (.featured.booleanValue == false) and (.verified.booleanValue == false)
  and .createdAt.timestampValue and .updatedAt.timestampValue and .updated.timestampValue'
typed gwi_marketplace_versions/hello@1.0.0 '(.manifest.mapValue.fields.displayName.stringValue == "The hello")
  and (.tarballUrl.stringValue == "/v1/connectors/hello/1.0.0/tarball") and (.signatureUrl.stringValue | test("/signature$"))
  and (.tarballChecksum.stringValue | test("^sha256:[0-9a-f]{64}$")) and (.tarballSize.integerValue | tonumber > 0)
  and (.prerelease.booleanValue == false) and (has("changelog") | not)'
typed gwi_marketplace_versions/hello@1.1.0 'has("deprecationReason") | not'
typed gwi_marketplace_publishers/acme '([.publicKeys.arrayValue.values[].mapValue.fields] | all(.createdAt.stringValue and .fingerprint.stringValue and .status.stringValue))
  and (.revokedKeys.arrayValue.values[0].mapValue.fields | .revokedAt.stringValue and .revocationReason.stringValue == "of no use")
  and has("verifiedAt") and (.createdAt.timestampValue and .updatedAt.timestampValue)'
typed "gwi_tenants/team/install_requests/$request" "(.idempotencyKey.stringValue == \"$(printf %s team:secret:1.0.0 | sha256sum | cut -c1-32)\")
  and (.requiredApprovals.integerValue == \"1\") and (.currentApprovalCount.integerValue == \"1\") and .expiresAt.timestampValue
  and ([.approvalIds.arrayValue.values[].stringValue] == [\"alice\"]) and .policyId.stringValue and .createdAt.timestampValue and .config.mapValue"
typed gwi_tenants/team/connector_installs/secret '(.id.stringValue == "secret") and (.status.stringValue == "installed") and .config.mapValue
  and .installedAt.timestampValue and has("lastUsedAt")'
# A connector says whether its owner is verified.
expect 0 "$MKT" publisher verify acme
equal
typed gwi_marketplace_connectors/hello '.verified.booleanValue == true'

# Firestore hangs: everything goes on, and is told later.
kill -STOP -- "-$emulator_pid"
make_connector later
export MKT_KEY=$key
for i in 1 2 3; do
  make_connector later "1.0.$i"
  start=$SECONDS
  expect 0 "$MKT" publish later
  # What waited for the mirror would do so until its call is given up, after 60 s.
  ((SECONDS - start < 60)) || fail "publishing waits for the mirror"
done
[[ $(waiting) -gt 0 ]] || fail "nothing waits"
kill -CONT -- "-$emulator_pid"
equal

# Killed in the middle of it, and started again, and for a while without a mirror.
for round in 1 2 3; do
  for i in 1 2 3 4 5; do ask later "1.0.$((i % 3 + 1))" >/dev/null; done
  kill -KILL "$daemon"
  wait "$daemon" 2>/dev/null || true
  start_mktd "${mirrored[@]}"
done
equal
stop_mktd
start_mktd
make_connector missed
expect 0 "$MKT" publish missed
stop_mktd
expect 10 "$MKTD" mirror verify --data data --firestore-project test
says out "missing there: gwi_marketplace_connectors/missed"
start_mktd "${mirrored[@]}"
# Nothing waits yet where the mirror has not begun to list what it missed.
has_missed() { [[ $(document "gwi_marketplace_connectors/missed" | jq -r .fields.id.stringValue) == missed ]]; }
wait_for "what was missed" has_missed
equal

# A second registry must not mix its documents with these.
"$MKTD" --data foreign --listen 127.0.0.1:0 "${no_limits[@]}" "${mirrored[@]}" 2>foreign.log &
other=$!
wait_for "the refusal" grep -q "another registry mirrors into test" foreign.log
kill "$other"
wait "$other" || true
other=

# What others wrote under a prefix stays as it is, until an admin says otherwise.
theirs() { # PATH: a document as an older registry wrote it
  curl -sS -g -o /dev/null -f -H 'Authorization: Bearer owner' -X PATCH -H 'Content-Type: application/json' \
    -d '{"fields": {"id": {"stringValue": "theirs"}}}' "$root/$1"
}
theirs old_marketplace_connectors/hello
theirs old_marketplace_connectors/unrelated
"$MKTD" --data guarded --listen 127.0.0.1:0 "${no_limits[@]}" "${mirrored[@]}" --firestore-prefix old_ 2>guarded.log &
other=$!
wait_for "the refusal" grep -q "old_marketplace_connectors/hello in test was not written by this mirror" guarded.log
says guarded.log "mktd mirror adopt"
expect 0 "$MKTD" mirror status --data guarded
says out "old_marketplace_connectors/hello in test was not written by this mirror"
[[ $(curl -sS -g -H 'Authorization: Bearer owner' "$root/old_marketplace_mirror/cursor" | jq .error.code) == 404 ]] || fail "a refused mirror wrote"
guarded=(--firestore-project test --firestore-prefix old_)
expect 0 "$MKTD" mirror adopt --data guarded "${guarded[@]}"
says out "2 documents under old_ in test are not this mirror's"
says out "old_marketplace_connectors/unrelated"
[[ $(jq -n "$(mirror_of guarded | jq .trouble) != null") == true ]] || fail "looking took them over"
expect 0 "$MKTD" mirror adopt --data guarded "${guarded[@]}" --yes
kill "$other"
wait "$other" || true
"$MKTD" --data guarded --listen 127.0.0.1:0 "${no_limits[@]}" "${guarded[@]}" 2>>guarded.log &
other=$!
wait_for "what was adopted" eval '[[ $(mirror_of guarded | jq ".waiting") == 0 ]]'
[[ $(document old_marketplace_connectors/unrelated | jq -r .fields.id.stringValue) == theirs ]] || fail "a document of nobody's was changed"
kill "$other"
wait "$other" || true
# Also one that appears later, at the very place of one of ours.
"$MKTD" --data guarded2 --listen 127.0.0.1:0 "${no_limits[@]}" --firestore-project test --firestore-prefix late_ 2>late.log &
other=$!
wait_for "the mirror's start" eval '[[ -s guarded2/mktd.url && $(mirror_of guarded2 | jq ".sent > 0 and .waiting == 0") == true ]]'
theirs late_marketplace_publishers/acme
MKT_REGISTRY=$(<guarded2/mktd.url) MKT_TOKEN=$(<guarded2/admin.token) expect 0 "$MKT" publisher register acme \
  --display-name A --email a@acme.example --key "$second"
wait_for "the refusal" grep -q "late_marketplace_publishers/acme in test was not written by this mirror" late.log
[[ $(document late_marketplace_publishers/acme | jq -r .fields.id.stringValue) == theirs ]] || fail "it was overwritten"
expect 0 "$MKTD" mirror adopt --data guarded2 --firestore-project test --firestore-prefix late_ --yes
says out "1 document under late_ in test is not this mirror's"
kill "$other"
wait "$other" || true
"$MKTD" --data guarded2 --listen 127.0.0.1:0 "${no_limits[@]}" --firestore-project test --firestore-prefix late_ 2>>late.log &
other=$!
wait_for "what was adopted" eval '[[ $(document late_marketplace_publishers/acme | jq -r .fields.id.stringValue) == acme ]]'
wait_for "the rest" eval '[[ $(mirror_of guarded2 | jq .waiting) == 0 ]]'
expect 0 "$MKTD" mirror verify --data guarded2 --firestore-project test --firestore-prefix late_
kill "$other"
wait "$other" || true
other=

# Everything again; only the daemon's admin may ask for it.
[[ $(curl -sS -o body -w '%{http_code}' -X POST "$MKT_REGISTRY/v1/mirror/resync") == 401 ]] || fail "anybody may resync"
expect 0 "$MKTD" mirror resync --data data
sent_all

# Brought back into an empty folder: the same answers. The first token of the new registry is its own.
answers() { # URL TOKEN
  local path
  for path in '/v1/search?q=&pageSize=100' /v1/connectors/hello /v1/connectors/hello/1.0.0 /v1/connectors/hello/1.1.0 \
    /v1/connectors/hello/1.0.0/signature /v1/connectors/secret/1.0.0 /v1/connectors/later /v1/connectors/hello/owners \
    /v1/keys /v1/publishers /v1/publishers/acme /v1/tenants/team/policy /v1/tenants/team/installs \
    '/v1/tenants/team/install-requests?limit=100' "/v1/tenants/team/install-requests/$request"; do
    echo "$path"
    curl -sS -g -H "Authorization: Bearer $2" "$1$path" | jq -S 'del(.. | .downloads?)'
  done
  curl -sS -H "Authorization: Bearer $2" "$1/v1/log?limit=1000" | jq -S --argjson last "$last" '.entries | map(select(.sequence <= $last))'
}
last=$(as_admin "$MKT_REGISTRY/v1/log?limit=1000" | jq '.entries[-1].sequence')
answers "$MKT_REGISTRY" "$token" >first
expect 8 "$MKTD" mirror restore --into data --firestore-project test
expect 0 "$MKTD" mirror restore --into back --firestore-project test --tarballs-from "$MKT_REGISTRY"
expect 3 "$MKTD" mirror restore --into nothing --firestore-project nobody
stop_mktd
mv data original
mv back data
expect 0 "$MKTD" check --data data
start_mktd
answers "$MKT_REGISTRY" "$token" >second
diff first second >differences || { head -50 differences >&2; fail "the restored registry answers differently"; }
expect 0 "$MKT" install later
stop_mktd
mv data back
mv original data
start_mktd "${mirrored[@]}"

# A bucket that is added takes the tarballs of what was published before, and gives them back.
stop_mktd
start_bucket acme-tarballs
bucketed=("${mirrored[@]}" --firestore-bucket acme-tarballs)
start_mktd "${bucketed[@]}"
sent_all
expect 0 "$MKTD" mirror verify --data data "${bucketed[@]}"
says out "documents and tarballs"
[[ $(mirror status | jq -c '[.bucket, .tarballs > 5]') == '["acme-tarballs",true]' ]] || fail "status: $(mirror status)"
expect 0 "$MKTD" mirror status --data data
says out "bucket   acme-tarballs"
expect 0 "$MKTD" mirror restore --into from-bucket "${bucketed[@]}" --json
[[ $(jq '.missing' out) == 0 && $(jq '.tarballs' out) -gt 5 ]] || fail "restored: $(<out)"
expect 0 "$MKTD" check --data from-bucket
lost=$(find objects -type f | head -n 1)
mv "$lost" lost
expect 10 "$MKTD" mirror verify --data data "${bucketed[@]}"
says out "missing there: gs://acme-tarballs/gwi_marketplace_tarballs/"
expect 10 "$MKTD" mirror restore --into without-one "${bucketed[@]}"
says out "1 tarball could not be fetched"
expect 0 "$MKTD" mirror restore --into with-all "${bucketed[@]}" --tarballs-from "$MKT_REGISTRY"
mv lost "$lost"

# A disk that is full is this machine's trouble, and no tarball that could not be fetched.
mkdir small
if mount -t tmpfs -o size=12m,mode=700 tmpfs small 2>/dev/null; then
  make_connector heavy
  head -c 20000000 /dev/urandom >heavy/noise.bin
  expect 0 "$MKT" publish heavy
  sent_all
  status=0
  "$MKTD" mirror restore --into small/data "${bucketed[@]}" >out 2>err || status=$?
  umount small
  [[ $status == 11 ]] || fail "restoring to a full disk: status $status: $(<out) $(<err)"
  says err "No space left"
fi

# A bucket that does not exist stops the mirror and nothing else, and is named.
stop_mktd
start_mktd "${mirrored[@]}" --firestore-bucket none-such
make_connector onward
expect 0 "$MKT" publish onward
wait_for "the trouble" eval 'mirror status | jq -e ".trouble | contains(\"none-such\")"'
stop_mktd
start_mktd "${bucketed[@]}"
sent_all
expect 0 "$MKTD" mirror verify --data data "${bucketed[@]}"

# What Firestore can never take is set aside, and holds up nothing.
make_connector huge
perl -e 'local $/; open F, "<huge/connector.manifest.json"; $_ = <F>; my $x = join "", map { ("a" .. "z")[rand 26] } 1 .. 1047700;
         s/\}\s*$/, "padding": "$x"}/; print' >m
mv m huge/connector.manifest.json
expect 0 "$MKT" publish huge
sent_all
mirror status >s
[[ $(jq -r '.parked[].document' s) == gwi_marketplace_versions/huge@1.0.0 ]] || fail "parked: $(<s)"
expect_http 200 - GET /readyz
[[ $(jq -r '.parts[] | select(.name == "mirror").status' body) == degraded ]] || fail "readyz: $(<body)"
make_connector after
expect 0 "$MKT" publish after
sent_all
[[ $(document gwi_marketplace_connectors/after | jq -r .fields.id.stringValue) == after ]] || fail "the mirror stands still"

