#!/usr/bin/env bash
# What goes where: results on stdout, messages on stderr, files that are there stay, and an abort
# leaves nothing. And whose fault it is: this machine's, or the registry's.
source "$(dirname "$0")/lib.sh"

helpers=()
cleanup() { for pid in "${helpers[@]}"; do kill "$pid" 2>/dev/null || true; done; }

start_mktd
register acme
make_connector tool
head -c 300000 /dev/urandom >tool/noise.bin
expect 0 "$MKT" publish tool
make_connector tool 1.1.0
expect 0 "$MKT" publish tool

# -o - is standard output, for the bytes alone.
expect 0 "$MKT" download tool@1.0.0
says out "tool-1.0.0.tgz"
cp tool-1.0.0.tgz whole.tgz
expect 0 "$MKT" download tool@1.0.0 -o -
cmp out whole.tgz || fail "other bytes on stdout"
says err "signed by $key"
[[ ! -e ./- && ! -e ./-.sig.json ]] || fail "a file named -"
"$MKT" --quiet download tool@1.0.0 -o - 2>err | tar tz >/dev/null || fail "what came is no tarball"
[[ ! -s err ]] || fail "--quiet is not: $(<err)"
expect 2 "$MKT" --json download tool -o -
expect 0 "$MKT" key export "$key" -o -
says out "BEGIN PUBLIC KEY"
[[ ! -e ./- ]] || fail "a file named -"

# What is there is overwritten with --force only; the same bytes are no conflict.
echo mine >mine
for command in "download tool@1.0.0 -o mine" "key export $key -o mine"; do
  # shellcheck disable=SC2086
  expect 8 "$MKT" $command
  says err "--force"
  [[ $(<mine) == mine && ! -e mine.sig.json ]] || fail "it was overwritten: $command"
done
cp whole.tgz tool-1.1.0.tgz
expect 8 "$MKT" download tool
cmp whole.tgz tool-1.1.0.tgz || fail "it was overwritten"
expect 0 "$MKT" download tool --force
expect 0 "$MKT" verify tool-1.1.0.tgz
expect 0 "$MKT" download tool@1.0.0
echo mine >fresh.tgz.sig.json
expect 8 "$MKT" download tool -o fresh.tgz
[[ $(<fresh.tgz.sig.json) == mine && ! -e fresh.tgz ]] || fail "a signature file was overwritten"
expect 0 "$MKT" key export "$key" -o mine --force
says mine "BEGIN PUBLIC KEY"
mkfifo pipe
expect 8 "$MKT" download tool -o pipe --force
[[ -p pipe ]] || fail "the pipe is gone"

# Results on stdout also of install and update; with --quiet nothing else.
expect 0 "$MKT" --quiet install tool@1.0.0
says out "installed tool@1.0.0 into connectors/tool"
[[ ! -s err ]] || fail "messages: $(<err)"
expect 0 "$MKT" --quiet install tool@1.0.0
says out "is installed in connectors/tool already"
expect 0 "$MKT" --quiet update
says out "installed tool@1.1.0"
expect 0 "$MKT" --quiet uninstall tool
says out "uninstalled tool@1.1.0"
for command in "install tool" "list" "outdated" "audit" "update" "key list" "info tool" "search tool" "uninstall tool"; do
  # shellcheck disable=SC2086
  expect 0 "$MKT" --json $command
  jq -es 'length == 1' out >/dev/null || fail "not one document: mkt --json $command: $(<out)"
done

# Started with a descriptor closed, nothing that is said goes into a file that is opened later.
expect 0 "$MKT" deprecate tool@1.0.0 --reason "use 1.1.0"
expect 0 bash -c '"$MKT" download tool@1.0.0 -o unsaid.tgz 2>&-'
cmp unsaid.tgz whole.tgz || fail "a warning went into the tarball"
expect 0 bash -c '"$MKT" download tool@1.0.0 -o unsaid.tgz --force <&- >&- 2>&- || [[ $? == 11 ]]'
cmp unsaid.tgz whole.tgz || fail "the result went into the tarball"
expect 0 bash -c '"$MKTD" --data silent --listen 127.0.0.1:0 <&- >&- 2>&- & echo $! >silent.pid'
helpers+=("$(<silent.pid)")
wait_for "mktd without descriptors" test -s silent/mktd.url
kill "$(<silent.pid)"
wait_for "mktd without descriptors to end" test ! -e silent/mktd.url
! grep -raq "level=info" silent || fail "the log went into the data: $(grep -ral "level=info" silent)"
expect 0 "$MKTD" check --data silent
# Nobody hears the messages: that changes nothing else.
for closed in '2>&-' '2>/dev/full'; do
  expect 0 bash -c "'$MKT' help ci $closed"
  expect 2 bash -c "'$MKT' nonsense $closed"
  expect 3 bash -c "'$MKT' info nowhere $closed"
  expect 2 bash -c "'$MKTD' --nonsense $closed"
  expect 2 bash -c "'$MKTD' completion $closed"
done
# A result that cannot be written is an error.
for closed in '>&-' '>/dev/full'; do
  for command in "'$MKT' help ci" "'$MKT' --help" "'$MKT' --version" "'$MKT' list --json" "'$MKT' completion bash" \
    "'$MKTD' completion bash" "'$MKTD' --help"; do
    expect 11 bash -c "$command $closed"
    says err "cannot write to standard output"
  done
  expect 11 bash -c "'$MKT' download tool@1.0.0 -o - $closed"
  says err "cannot write standard output"
done
expect 0 "$MKT" --tenant team policy set requireApprovalForAll=true
member=$("$MKT" token create --role member --subject team --name bob 2>/dev/null)
expect 5 env MKT_TOKEN="$member" "$MKT" --tenant team install tool --root of-team
expect 11 bash -c "timeout 20 '$MKT' --tenant team request watch >/dev/full"
expect 11 bash -c "'$MKT' login --with-token <&-"
says err "cannot read the token from standard input"

# Another key's PEM.
other=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key export "$other" -o other.pem
expect 0 "$MKT" key export "$key" -o own.pem
expect 0 "$MKT" verify whole.tgz --signature tool-1.0.0.tgz.sig.json --public-key own.pem
expect 4 "$MKT" verify whole.tgz --signature tool-1.0.0.tgz.sig.json --public-key other.pem
says err "other.pem holds another key than the one that signed"
says err "$key"
# The right key and a wrong signature is something else.
jq '.signature = "'"$(head -c 64 /dev/zero | base64 -w0)"'"' tool-1.0.0.tgz.sig.json >bad.sig.json
expect 4 "$MKT" verify whole.tgz --signature bad.sig.json --public-key own.pem
! grep -q "holds another key" err || fail "the key is the right one: $(<err)"

# A registry between, that is slow with tarballs, fails, or has a full disk.
cat >between.py <<'PY'
import http.server, json, os, sys, threading, time, urllib.request
behind = sys.argv[1]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, body, slow=False):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2 if slow else len(body)
        self.wfile.write(body[:half]); self.wfile.flush()
        if slow:
            open("half", "w").close()
            time.sleep(60)
    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        mode = open("mode").read().strip()
        if mode.startswith("{"):
            answer = json.loads(mode)
            return self.answer(answer["status"], answer["body"].encode())
        with urllib.request.urlopen(behind + self.path) as r:
            self.answer(r.status, r.read(), mode == "slow" and self.path.endswith("/tarball"))
    do_GET = do_PUT = do_POST = handle_any
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
open("between.url.new", "w").write(f"http://127.0.0.1:{server.server_port}")
os.rename("between.url.new", "between.url")
server.serve_forever()
PY
echo slow >mode
env -u http_proxy -u HTTP_PROXY python3 between.py "$MKT_REGISTRY" 2>between.log &
helpers+=($!)
wait_for "the registry between" test -s between.url
between=$(<between.url)

# Aborted: nothing is left, by whatever signal. The tarball is to come over the connection.
export MKT_CACHE_SIZE=0
mkdir -p aborted
for signal in INT TERM KILL; do
  rm -f half
  (cd aborted && exec env --default-signal=INT "$MKT" --registry "$between" download tool@1.0.0) >/dev/null 2>&1 & mkt=$!
  wait_for "half of the tarball" test -e half
  sleep 0.2
  kill -"$signal" "$mkt"
  wait "$mkt" 2>/dev/null && fail "it was not aborted"
  [[ -z $(ls -A aborted) ]] || fail "SIG$signal leaves $(ls -A aborted)"
done

# The registry's failure is none of mkt's.
fails() { # STATUS BODY
  jq -cn --argjson status "$1" --arg body "$2" '{status: $status, body: $body}' >mode
}
fails 500 '{"code": "internal_error", "message": "something broke"}'
expect 7 "$MKT" --registry "$between" search tool
says err "the registry failed (HTTP status 500): something broke"
expect 7 "$MKT" --registry "$between" --json publish tool --key "$key"
[[ $(jq .exitStatus out) == 7 ]] || fail "the document says $(jq .exitStatus out)"
fails 500 'no JSON at all'
expect 7 "$MKT" --registry "$between" info tool
fails 502 'Bad gateway'
expect 7 "$MKT" --registry "$between" info tool
fails 507 '{"code": "storage_full", "message": "No space left on device"}'
expect 11 "$MKT" --registry "$between" publish tool --key "$key"
says err "the disk of the registry is full, not this machine's"
says err "No space left on device"
