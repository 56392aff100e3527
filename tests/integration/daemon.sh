#!/usr/bin/env bash
# The daemon itself: first start, locking, signals, and what a kill leaves behind.
source "$(dirname "$0")/lib.sh"

start_mktd
wait_for "the line that says it is ready" grep -q "^mktd: listening on $MKT_REGISTRY\$" mktd.log
[[ $(stat -c %a data/admin.token) == 600 ]] || fail "admin.token is not 0600"
[[ $(stat -c %a data) == 700 ]] || fail "the data folder is not 0700"

# A second daemon on the same folder or port refuses and leaves the first alone.
expect 2 "$MKTD" --data data --listen 127.0.0.1:0
says err "in use by another mktd (pid $daemon)"
expect 2 "$MKTD" --data other --listen "${MKT_REGISTRY#http://}"
says err "another program listens there"
expect 2 "$MKTD" --data "$work/other" --listen nonsense
expect 2 "$MKTD" --no-such-flag
mkdir open && chmod 777 open
expect 2 "$MKTD" --data open --listen 127.0.0.1:0
says err "chmod 700"
expect_http 200 - GET /healthz
printf 'listen = ["127.0.0.1:0"]\nmax-tarball-bytes = 1000\n' >mktd.conf
expect 0 "$MKTD" --config mktd.conf --check-config
printf 'no-such-key = 1\n' >mktd.conf
expect 2 "$MKTD" --config mktd.conf --check-config

# The CLI of the same user finds the admin token by itself, but only while this very daemon runs.
expect 0 "$MKT" whoami
says out "admin"
token_of() { "$MKT" token create --role admin --name "$1" 2>/dev/null; }
printf '%s\n' "$(token_of ci)" >token.txt
expect 0 "$MKT" login --with-token <token.txt
[[ $(stat -c %a "$XDG_CONFIG_HOME/mkt/credentials.json") == 600 ]] || fail "credentials.json is not 0600"
expect 0 "$MKT" logout
expect 0 "$MKT" --token-file token.txt whoami
MKT_TOKEN=$(<token.txt) expect 0 "$MKT" whoami
id=$("$MKT" --json --token-file token.txt whoami | jq -r .id)
expect 0 "$MKT" token revoke "$id"
expect 4 "$MKT" --token-file token.txt whoami
expect 3 "$MKT" token revoke "$id"

# Kill without warning while publishing: what was answered stays, nothing half-done is seen, and
# leftovers go at the next start.
register acme
make_connector crash
for round in 1 2 3 4 5; do
  (
    for ((n = 0; n < 200; n++)); do
      sed -i "s/\"version\": \"[^\"]*\"/\"version\": \"$round.$n.0\"/" crash/connector.manifest.json
      "$MKT" publish crash >/dev/null 2>&1 || exit 0
      echo "$round.$n.0" >>answered
    done
  ) &
  publisher=$!
  wait_for "some publishes" grep -q "^$round\.3\." answered
  kill -KILL "$daemon"
  wait "$daemon" 2>/dev/null || true
  wait "$publisher" || true
  cp data/blobs/*/* data/blobs/incoming/ 2>/dev/null || true # leftovers like those of a crash
  head -c 100 /dev/urandom >data/blobs/incoming/upload-x
  start_mktd
  [[ -z $(ls data/blobs/incoming) ]] || fail "leftovers stay in incoming"
  expect_http 200 - GET /v1/connectors/crash
  jq -r '.versions[]' body >listed
  while read -r version; do
    grep -qxF "$version" listed || fail "the acknowledged $version is lost"
  done <answered
  while read -r version; do
    expect_http 200 - GET "/v1/connectors/crash/$version"
    sum=$(jq -r .tarballChecksum body)
    expect_http 200 - GET "/v1/connectors/crash/$version/tarball"
    [[ sha256:$(sha256sum body | cut -d' ' -f1) == "$sum" ]] || fail "$version is listed and damaged"
  done <listed
  [[ $(find data/blobs -type f | wc -l) == $(wc -l <listed) ]] || fail "files that no version names"
done

# SIGTERM lets an upload in flight finish.
make_connector slow
head -c 3000000 /dev/urandom >slow/noise.bin
expect 0 "$MKT" pack slow -o slow.tgz
expect 0 "$MKT" sign slow.tgz
curl -sS --limit-rate 2M -o answer -X PUT "$MKT_REGISTRY/v1/connectors/slow/1.0.0" \
  -H "Authorization: Bearer $token" -H "Mkt-Signature: $(base64 -w0 slow.tgz.sig.json)" \
  --data-binary @slow.tgz &
upload=$!
wait_for "the upload to begin" bash -c '[[ -n $(ls data/blobs/incoming) ]]'
stop_mktd || fail "SIGTERM should end with status 0"
wait "$upload" || fail "the upload was cut"
[[ $(jq -r .version answer) == 1.0.0 ]] || { cat answer >&2; fail "the upload was not answered"; }
[[ ! -e data/mktd.url ]] || fail "mktd.url stays behind"
start_mktd
expect 0 "$MKT" info slow@1.0.0

# Webhooks stand in the file alone, which is then for nobody else to read.
printf '[[webhook]]\nurl = "https://chat.acme.example/x"\nsecret = "%032d"\nevents = ["request.create"]\n' 7 >hook.conf
chmod 0644 hook.conf
expect 2 "$MKTD" --data data --config hook.conf --check-config
says err "chmod o="
chmod 0640 hook.conf
expect 0 "$MKTD" --data data --config hook.conf --check-config
# One receiver may be told of several kinds of events, of each kind once.
cp hook.conf once.conf
cat once.conf >>hook.conf
expect 2 "$MKTD" --data data --config hook.conf --check-config
says err "it has the url and the events of [[webhook]] 1"
{ cat once.conf; sed 's/create/deny/' once.conf; } >hook.conf
expect 0 "$MKTD" --data data --config hook.conf --check-config
cp once.conf hook.conf
sed -i 's/^secret.*/secret = "short"/' hook.conf
expect 2 "$MKTD" --data data --config hook.conf --check-config
! grep -q short err || fail "the secret is in the message"
sed -i 's/^secret/password/' hook.conf
expect 2 "$MKTD" --data data --config hook.conf --check-config

# What a URL may hold of a secret is not logged, also when a reload finds another one.
printf '[[webhook]]\nurl = "http://127.0.0.1:1/hook-of-hunter2"\nsecret = "%032d"\n' 7 >hook.conf
stop_mktd
start_mktd --config hook.conf
sed -i 's/hunter2/hunter3/; 1i blob-cache-bytes = 1000' hook.conf
kill -HUP "$daemon"
wait_for "the reload" grep -q 'needs a restart' mktd.log
wait_for "what only a new process takes" grep -q 'needs a restart.*blob-cache-bytes' mktd.log
! grep -q hunter mktd.log || fail "a webhook's URL is in the log"
stop_mktd
