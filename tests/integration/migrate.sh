#!/usr/bin/env bash
# A marketplace moves from a data folder to PostgreSQL and a real S3 (Ceph's radosgw), and back: what it
# answers stays the same byte for byte, nothing is lost whenever the move is killed, and the place it
# left serves no more.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/s3_server.sh"
cleanup() {
  stop_mktd || true
  stop_s3
  stop_postgres
}
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
source "$(dirname "$0")/postgres_server.sh"
start_s3
psql() { "$bin/psql" -q -At -h 127.0.0.1 -p "$port" -U mktd "$@"; }
# new_database NAME: an empty one; sets url.
new_database() {
  "$bin/psql" -q -h 127.0.0.1 -p "$port" -U postgres postgres \
    -c "CREATE DATABASE $1 OWNER mktd TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
  url=postgresql://mktd:s3cret@127.0.0.1:$port/$1
}
# serve FOLDER [FLAG…]: as start_mktd, on that folder and with the token of the first.
serve() {
  rm -f "$1/mktd.url"
  "$MKTD" --data "$1" --listen 127.0.0.1:0 "${no_limits[@]}" "${@:2}" 2>>mktd.log &
  daemon=$!
  wait_for "mktd on $1" test -s "$1/mktd.url"
  export MKT_REGISTRY=$(<"$1/mktd.url") MKT_TOKEN=$token
}
# What the marketplace answers, all of it, but when tokens were last used: asking uses one.
documents() {
  local path
  for path in /v1/search?pageSize=100 /v1/stats /v1/connectors/{tool,vault,third} \
    /v1/connectors/tool/{1.0.0,1.1.0} /v1/connectors/vault/1.0.0 /v1/connectors/tool/1.0.0/signature \
    /v1/connectors/tool/owners /v1/publishers /v1/publishers/acme /v1/keys /v1/log?limit=500 /v1/tokens \
    /v1/tenants/team/policy /v1/tenants/team/policy?history=true /v1/tenants/team/install-requests \
    /v1/tenants/team/installs; do
    printf '\n%s\n' "$path"
    # The log tells of sign-ins that failed a moment later.
    curl -sS -H "Authorization: Bearer $token" "$MKT_REGISTRY$path" |
      jq -c 'if .entries then .entries |= map(select(.action != "token.refuse")) else . end' | sed 's/"lastUsedAt":[^,}]*//g'
  done
}
# Downloads are counted, so not among the documents.
tarballs() {
  local path
  for path in tool/1.0.0 tool/1.1.0 vault/1.0.0; do
    curl -sS "$MKT_REGISTRY/v1/connectors/$path/tarball" | sha256sum
  done
}
same_documents() {
  documents >"$1.documents"
  cmp before.documents "$1.documents" || { diff before.documents "$1.documents" | cut -c1-400 >&2; fail "$1 answers otherwise"; }
}

# --- A marketplace with everything -----------------------------------------------------------------------
start_mktd
export MKT_TOKEN=$token MKT_TENANT=team
register acme
for id in tool vault third; do
  make_connector $id
  [[ $id != vault ]] || sed -i 's/"custom"/"auth"/; s/Made for a test/a \\\\ back\\tslash, é and 🔑/' vault/connector.manifest.json
  expect 0 "$MKT" publish $id --key "$key"
done
make_connector tool 1.1.0
expect 0 "$MKT" publish tool --key "$key"
expect 0 "$MKT" deprecate tool@1.0.0 --reason 'a backslash \\ and "quotes"'
second=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$second"
make_connector third 2.0.0
expect 0 "$MKT" publish third --key "$second"
expect 0 "$MKT" key revoke "$second" --reason-code compromised --reason "it leaked" --yes
for t in "member bob" "approver alice" "tenant-admin tara" "member gone"; do
  "$MKT" token create --role ${t% *} --subject team --name ${t#* } --json >made 2>/dev/null
  jq -er .token made >"${t#* }.token"
done
expect 0 "$MKT" token revoke "$(jq -er .id made)"
expect 0 "$MKT" --token-file tara.token policy set minApprovals=1
expect 5 "$MKT" --token-file bob.token install vault
request=$(<out)
expect 0 "$MKT" --token-file alice.token request approve "$request"
expect 0 "$MKT" --token-file bob.token install tool
# Under a key whose answer must be the same again, elsewhere.
once() {
  curl -sS -X POST "$MKT_REGISTRY/v1/tenants/team/installs" -H "Authorization: Bearer $(<bob.token)" \
    -H 'Idempotency-Key: once-0001' -d '{"connectorId": "third", "version": "1.0.0"}'
}
once >once.before
tarballs >before.tarballs
stop_mktd # it counts the downloads
start_mktd
documents >before.documents
grep -q '"request' before.documents || fail "the documents are not what they should be"

# --- What is refused --------------------------------------------------------------------------------------
new_database first
migrate=("$MKTD" migrate --from data --to "$url" --blobs "$MKT_TEST_S3")
expect 2 "$MKTD" migrate --from data --to elsewhere --blobs "$MKT_TEST_S3"
says err "one of --from and --to is a folder"
expect 2 "$MKTD" migrate --from "$url" --to "$url" --blobs "$MKT_TEST_S3"
expect 2 "$MKTD" migrate --from data --to "$url"
expect 2 "$MKTD" migrate --from data --to 'postgresql://[:s3cret/' --blobs "$MKT_TEST_S3"
expect 2 "$MKTD" migrate --from data --to "$url" --blobs 's3://s3cret?x'
expect 3 "$MKTD" migrate --from nowhere --to "$url" --blobs "$MKT_TEST_S3"
[[ ! -e nowhere ]] || fail "a folder was made"
expect 2 env -u AWS_ACCESS_KEY_ID "${migrate[@]}"
expect 11 env AWS_SECRET_ACCESS_KEY=wrong "${migrate[@]}"
says err "refuses"
bucket=${MKT_TEST_S3#s3://}
bucket=${bucket%%[/?]*}
expect 11 "$MKTD" migrate --from data --to "$url" --blobs "${MKT_TEST_S3/$bucket/there-is-none}"
says err NoSuchBucket
expect 11 "$MKTD" migrate --from data --to "postgresql://mktd:s3cret@127.0.0.1:1/first" --blobs "$MKT_TEST_S3"
says err "cannot be reached"
expect 11 "$MKTD" migrate --from data --to "postgresql://nobody:s3cret@127.0.0.1:$port/first" --blobs "$MKT_TEST_S3"
! grep -q s3cret err mktd.log || fail "a password was shown"

# --- While it serves: the tarballs only -------------------------------------------------------------------
expect 2 "${migrate[@]}"
says err "the tarballs are copied; for the rest, stop mktd"
says err "$daemon"
[[ $(psql first -c 'SELECT count(*) FROM versions') == 0 ]] || fail "rows were moved under a daemon"
same_documents data
make_connector late
expect 0 "$MKT" publish late --key "$key"
documents >before.documents
stop_mktd
# As if it had been mirrored.
sqlite3 data/mktd.db "INSERT INTO mirror_state VALUES ('complete', 'yes')"

# --- Killed at any moment ---------------------------------------------------------------------------------
cp -r data killed
new_database killed
started=$(date +%s%N)
expect 0 "$MKTD" migrate --from killed --to "$url" --blobs "$MKT_TEST_S3" --json
took=$((($(date +%s%N) - started) / 1000000))
jq -S .tables out >tables.expected
[[ $(jq '.tables | length' out) == 19 && $(jq '[.tables[].rows] | add > 30' out) == true ]] || fail "$(<out)"
[[ $(jq .copied out) == 1 ]] || fail "tarballs that were there were copied again: $(<out)"
elsewhere=${MKT_TEST_S3/\?//killed?} # a place without tarballs
# ends_right: it is run again until it is through, and what is there then is right; and once more, as if
# it had been killed between its commit and the mark.
moves() { "$MKTD" migrate --from killed --to "$url" --blobs "$elsewhere" --json >out 2>err; }
ends_right() {
  if [[ ! -e killed/MOVED ]]; then
    wait_for "the killed one's session to end" moves
    jq -S .tables out | cmp - tables.expected || fail "after it was killed other rows are there"
  fi
  rm killed/MOVED
  expect 0 moves
  [[ $(jq .resumed out) == true ]] || fail "$(<out)"
  jq -S .tables out | cmp - tables.expected || fail "the tables of the second run"
}
start_over() {
  rm -rf killed
  cp -r data killed
  new_database "killed$1"
}
start_over 0
for ((i = 1; i <= 10; i++)); do
  "$MKTD" migrate --from killed --to "$url" --blobs "$elsewhere" >killed.out 2>&1 &
  victim=$!
  perl -e 'select undef, undef, undef, $ARGV[0] / 1000' $((RANDOM % took))
  kill -KILL "$victim" 2>/dev/null || true
  wait "$victim" 2>/dev/null || true
  [[ ! -e killed/MOVED ]] || { ends_right && start_over "$i"; }
done
ends_right
# But not that of another marketplace.
rm -rf killed
cp -r data killed
sqlite3 killed/mktd.db "UPDATE publishers SET email = 'somebody@else.example'"
expect 8 "$MKTD" migrate --from killed --to "$url" --blobs "$elsewhere"
says err "whose rows of publishers are others"
[[ ! -e killed/MOVED ]] || fail "a folder that did not move is marked"

# --- Moved ------------------------------------------------------------------------------------------------
new_database first_again
url=postgresql://mktd:s3cret@127.0.0.1:$port/first
expect 0 "${migrate[@]}"
says out audit_log
says out "moved"
! grep -q s3cret out err data/MOVED || fail "a password was shown"
sed -n 1p data/MOVED >first_line
[[ $(<first_line) == "postgresql://mktd@127.0.0.1:$port/first" ]] || fail "MOVED: $(<data/MOVED)"
[[ $(stat -c %a data/MOVED) == 600 ]] || fail "the mode of MOVED"
# The folder serves no more, nor is it moved twice.
expect 4 "$MKTD" --data data --listen 127.0.0.1:0
says err "was moved to $(<first_line)"
expect 4 "$MKTD" gc --data data
expect 4 "${migrate[@]}" --json
[[ $(jq -r .code out) == data_moved ]] || fail "$(<out)"
expect 4 "$MKTD" migrate --from data --to "${url/first/first_again}" --blobs "$MKT_TEST_S3"
shared=(--database "$url" --blobs "$MKT_TEST_S3")
expect 4 "$MKTD" --data data --listen 127.0.0.1:0 "${shared[@]}"

# A mirror that knew everything will be told what changes here.
[[ $(psql first -c 'SELECT mirrored FROM log_head') == 1 ]] || fail "changes are kept from the mirror"
serve spool "${shared[@]}"
same_documents shared
once | cmp once.before || fail "an Idempotency-Key was forgotten"
MKT_TOKEN=$(<gone.token) expect 4 "$MKT" whoami
MKT_TOKEN=$(<bob.token) expect 0 "$MKT" whoami
same_documents shared
tarballs | cmp - before.tarballs || fail "the tarballs are others"
stop_mktd
serve spool "${shared[@]}"
# Numbers go on where they were.
newest=$(jq '[.entries[].sequence] | max' <<<"$(curl -sS -H "Authorization: Bearer $token" "$MKT_REGISTRY/v1/log?limit=500")")
make_connector tool 1.2.0
expect 0 "$MKT" publish tool --key "$key"
[[ $(psql first -c 'SELECT seq FROM log_head') == $((newest + 1)) ]] || fail "the log does not go on at $newest"

# --- Backup and check, while two daemons serve ------------------------------------------------------------
"$MKTD" --data other --listen 127.0.0.1:0 "${no_limits[@]}" "${shared[@]}" 2>>other.log &
other=$!
wait_for "the other daemon" test -s other/mktd.url
there=$(<other/mktd.url)
here=$MKT_REGISTRY
(for ((i = 0; ; i++)); do
  [[ ! -e enough ]] || exit 0
  make_connector busy 1.0.$i
  MKT_REGISTRY=$( ((i % 2)) && echo "$there" || echo "$here") "$MKT" publish busy --key "$key" >/dev/null 2>&1
done) &
writer=$!
versions() { psql first -c "SELECT count(*) FROM versions"; }
more_versions() { (($(versions) > before)); }
for i in 0 1 2; do
  before=$(versions)
  wait_for "another publish" more_versions
  expect 0 "$MKTD" backup "${shared[@]}" "backup$i.tar"
  expect 0 "$MKTD" check "${shared[@]}"
  says out "all sound"
done
touch enough
wait "$writer"
[[ $(stat -c %a backup0.tar) == 600 ]] || fail "a backup may be read by others"
[[ -z $(ls -d .mktd-* 2>/dev/null) ]] || fail "a backup left something: $(ls -d .mktd-*)"
for i in 0 1 2; do
  expect 0 "$MKTD" restore "backup$i.tar" --data "restored$i"
  expect 0 "$MKTD" check --data "restored$i"
  # A snapshot: the log has no gap, and every publish in it has its version.
  [[ $(sqlite3 -readonly "restored$i/mktd.db" "SELECT count(*) = max(seq) FROM audit_log") == 1 ]] || fail "the log has gaps"
  [[ $(sqlite3 -readonly "restored$i/mktd.db" "SELECT (SELECT count(*) FROM audit_log WHERE action = 'version.publish') = (SELECT count(*) FROM versions)") == 1 ]] ||
    fail "versions and log differ"
done
kill "$other"
wait "$other" || true
expect 2 "$MKTD" check --database "$url"
expect 2 "$MKTD" backup --blobs "$MKT_TEST_S3" half.tar
expect 0 "$MKTD" check "${shared[@]}" --json
[[ $(jq -c '[.damage, .tarballs > 7, .unreferenced]' out) == '[[],true,0]' ]] || fail "check says $(<out)"
# What a backup restores is moved to a database like any other folder.
expect 0 "$MKTD" backup "${shared[@]}" full.tar
expect 0 "$MKTD" restore full.tar --data restored
expect 0 "$MKTD" migrate --from restored --to "${url/first/first_again}" --blobs "$MKT_TEST_S3" --json
[[ $(jq -c '[.copied, .resumed]' out) == '[0,false]' ]] || fail "$(<out)"
# A tarball that is lost or damaged there is found and named, and no move is made without it.
object=$(psql first -c "SELECT substr(checksum, 8) FROM versions WHERE connector_id = 'vault'")
s3_curl() {
  curl -sS -f --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" "$@"
}
endpoint=$(sed -E 's/.*endpoint=([^&]*).*/\1/' <<<"$MKT_TEST_S3")
path=${MKT_TEST_S3#s3://}
at=$endpoint/${path%%\?*}/blobs/${object:0:2}/$object
s3_curl "$at" -o kept
printf x | s3_curl -X PUT --data-binary @- "$at" >/dev/null
expect 10 "$MKTD" check "${shared[@]}"
says out "the tarball of vault@1.0.0 is damaged: it has 1 bytes"
head -c "$(stat -c %s kept)" /dev/zero >zeros
s3_curl -X PUT --data-binary @zeros "$at" >/dev/null
expect 10 "$MKTD" check "${shared[@]}"
says out "the tarball of vault@1.0.0 is damaged: its bytes"
s3_curl -X DELETE "$at"
expect 10 "$MKTD" check "${shared[@]}"
says out "the tarball of vault@1.0.0 is missing"
expect 10 "$MKTD" backup "${shared[@]}" broken.tar
[[ ! -e broken.tar ]] || fail "a backup without a tarball was made"
expect 10 "$MKTD" migrate --from "$url" --to broken --blobs "$MKT_TEST_S3"
says err vault@1.0.0
s3_curl -X PUT --data-binary @kept "$at" >/dev/null
expect 0 "$MKTD" check "${shared[@]}"
stop_mktd
serve spool "${shared[@]}"
documents >before.documents

# --- And back ---------------------------------------------------------------------------------------------
back=("$MKTD" migrate --from "$url" --to back --blobs "$MKT_TEST_S3")
expect 2 "${back[@]}"
says err "daemons serve the database: $MKT_REGISTRY"
says err "stop them"
kill -KILL "$daemon"
wait "$daemon" || true
daemon=
# It was killed, so its lease runs for a while.
moved_back() { "${back[@]}" --json >out 2>err; }
wait_for "the lease of the killed one to end" moved_back
expect 4 "$MKTD" --data spool --listen 127.0.0.1:0 "${shared[@]}"
says err "was moved to the data folder $work/back on"
expect 4 "${back[@]}"
expect 0 "$MKTD" check --data back
# What comes late cannot change the database either.
! psql first -c 'UPDATE log_head SET seq = seq + 1' 2>psql.err || fail "the old database can be changed"
serve back
same_documents back
stop_mktd
