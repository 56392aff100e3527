#!/usr/bin/env bash
# The admin token of the daemon on this machine goes to that daemon and to nobody else.
source "$(dirname "$0")/lib.sh"

grep -q ::1 <<<"$(ip -6 addr show lo 2>/dev/null)" || skip "there is no IPv6 loopback address"

listeners=()
cleanup() { for pid in "${listeners[@]}"; do kill "$pid" 2>/dev/null || true; done; }

# A listener that notes every Authorization header in ./stolen: impostor ADDRESS PORT [UID]
cat >impostor.py <<'PY'
import encodings.idna, http.server, os, socket, sys  # idna before another user may not read it
address, port = sys.argv[1], int(sys.argv[2])
if len(sys.argv) > 3: os.setuid(int(sys.argv[3]))
class Server(http.server.HTTPServer):
    address_family = socket.AF_INET6 if ':' in address else socket.AF_INET
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sys.stdout.write(f"{self.command} {self.path} {self.headers.get('Authorization', '-')}\n")
        sys.stdout.flush()
        self.send_response(404); self.end_headers()
    do_POST = do_PUT = do_DELETE = do_GET
    def log_message(self, *a): pass
server = Server((address, port), Handler)
print("ready", flush=True)
server.serve_forever()
PY
impostor() {
  : >stolen
  python3 impostor.py "$@" >>stolen 2>impostor.log &
  listeners+=($!)
  wait_for "the impostor" grep -q ready stolen
}
stop_impostor() {
  kill "${listeners[-1]}"
  wait "${listeners[-1]}" 2>/dev/null || true
  unset 'listeners[-1]'
}
no_token_stolen() {
  ! grep -q Bearer stolen || { cat stolen >&2; fail "$1"; }
}

# The daemon on one address, somebody else on the same port of the other.
daemon_on() { # ADDRESS
  "$MKTD" --data data --listen "$1:0" "${no_limits[@]}" 2>>mktd.log &
  daemon=$!
  wait_for "mktd to start" test -s data/mktd.url
  port=$(sed 's/.*://' data/mktd.url)
}

daemon_on '[::1]'
impostor 127.0.0.1 "$port"
expect 3 "$MKT" --registry "http://127.0.0.1:$port" token list
grep -q "GET /v1/tokens" stolen || fail "the impostor was not asked at all"
no_token_stolen "the token went to another address"
expect 0 "$MKT" --registry "http://[::1]:$port" token list
: >stolen
expect 0 "$MKT" --registry "http://localhost:$port" token list
no_token_stolen "localhost led to the impostor"
[[ ! -s stolen ]] || fail "localhost led to the impostor"
stop_impostor
stop_mktd

daemon_on 127.0.0.1
impostor ::1 "$port"
: >stolen
expect 0 "$MKT" --registry "http://localhost:$port" token list
[[ ! -s stolen ]] || fail "localhost led to the impostor"
expect 3 "$MKT" --registry "http://[::1]:$port" token list
no_token_stolen "the token went to another address"
# Not through a proxy either: it would see the token.
http_proxy="http://[::1]:$port" expect 0 "$MKT" --registry "http://127.0.0.1:$port" token list
no_token_stolen "the token went to a proxy"
stop_impostor

# The address is right, but another user listens there; as when the daemon's name is kept and its
# port is not. Only root can try it.
if ((EUID == 0)); then
  stop_mktd
  chmod 711 "$work"
  chmod 755 impostor.py
  mkdir -p data "$XDG_STATE_HOME/mkt/daemons"
  echo "http://127.0.0.1:$port" >data/mktd.url
  (umask 077 && echo "$work/data" >"$XDG_STATE_HOME/mkt/daemons/$port")
  exec 9<data/LOCK
  flock -x 9
  impostor 127.0.0.1 "$port" 65534
  expect 3 "$MKT" --registry "http://127.0.0.1:$port" token list
  grep -q "GET /v1/tokens" stolen || fail "the impostor was not asked at all"
  no_token_stolen "the token went to another user's process"
  stop_impostor
  # The same with a listener of one's own is believed: the test sees what it means to see.
  impostor 127.0.0.1 "$port"
  expect 3 "$MKT" --registry "http://127.0.0.1:$port" token list
  grep -q Bearer stolen || fail "nothing was sent to one's own process"
fi
