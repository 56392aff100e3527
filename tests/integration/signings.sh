#!/usr/bin/env bash
# A publisher hears from mkt what others signed with its keys, once, and a registry that cannot tell costs
# nothing.
source "$(dirname "$0")/lib.sh"
fake=
cleanup() { [[ -z $fake ]] || kill "$fake" 2>/dev/null || true; }

start_mktd
register acme
make_connector tool
publish() { # VERSION TOKEN: others do it on other machines
  local state=$XDG_STATE_HOME
  [[ $2 == "$mine" ]] || state=$work/elsewhere
  jq --arg v "$1" '.version = $v' tool/connector.manifest.json >m && mv m tool/connector.manifest.json
  XDG_STATE_HOME=$state MKT_TOKEN=$2 expect 0 "$MKT" publish tool --key "$key"
}
token_of() { "$MKT" token create --role publisher --subject acme --name "$1" 2>/dev/null; }
ci=$(token_of ci)
mine=$(token_of mine)
me() { MKT_TOKEN=$mine "$MKT" "$@"; }
silent() { ! grep -q "others signed" err || fail "told of $(<err)"; }
tells() { # VERSION…: exactly these, and by which token
  [[ $(grep -o 'tool@[0-9.]* was' err | cut -d' ' -f1 | sort) == "$(printf 'tool@%s\n' "$@" | sort)" ]] || fail "not $*: $(<err)"
}

# The first look only notes where the next one begins.
publish 1.0.0 "$ci"
expect 0 me whoami
silent
publish 1.1.0 "$ci"
publish 1.2.0 "$token"
expect 0 me whoami
says out "publisher of acme"
says err "since you last looked, others signed as acme"
tells 1.1.0 1.2.0
says err "by publisher:acme (token $(cut -d_ -f2 <<<"$ci")), with the key $key"
says err "by admin (token"
says err "mkt key revoke"
expect 0 me whoami
silent

# One's own is nothing new, whichever machine it came from; publish and status tell of others' too.
publish 1.3.0 "$mine"
silent
expect 0 me status
silent
publish 1.4.0 "$ci"
expect 0 me --json status
tells 1.4.0
jq -e .you out >/dev/null || fail "the result is no JSON: $(<out)"
publish 1.5.0 "$ci"
publish 1.6.0 "$mine"
tells 1.5.0
# A signature in the place of another is told of as well. An admin is no publisher, and a tenant neither.
other=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$other" --endorse-with "$key"
MKT_TOKEN=$ci expect 0 "$MKT" sign --countersign tool@1.0.0 --key "$other"
expect 0 me whoami
says err "tool@1.0.0 was countersigned"
expect 0 "$MKT" whoami
silent
# Many: the newest five, and how many more.
for n in 1 2 3 4 5 6 7; do publish "2.0.$n" "$ci"; done
expect 0 me whoami
tells 2.0.3 2.0.4 2.0.5 2.0.6 2.0.7
says err "and 2 more before that"

# The route: for the publisher and for admins.
path=/v1/publishers/acme/signings
expect_http 401 unauthorized GET $path
member=$("$MKT" token create --role member --subject team --name eve 2>/dev/null)
expect_http 403 forbidden GET $path -H "Authorization: Bearer $member"
expect_http 200 - GET "$path?limit=2" -H "Authorization: Bearer $ci"
[[ $(jq -c '[.signings[] | [.version, .action, .yours]], .hasMore' body | tr -d '\n') == '[["2.0.7","version.publish",true],["2.0.6","version.publish",true]]true' ]] ||
  fail "$(<body)"

# What cannot be kept, or is no number, ends no command.
seen=$(find "$XDG_STATE_HOME/mkt/signings" -type f)
[[ $(stat -c %a "$seen") == 600 ]] || fail "the mode of $seen"
echo nonsense >"$seen"
expect 0 me whoami
silent
rm "$seen" && mkdir "$seen"
publish 2.1.0 "$ci"
expect 0 me whoami
rmdir "$seen"

# A registry that is silent there, or answers with nonsense, costs two seconds at most.
cat >fake.py <<'PY'
import http.server, json, os, sys, threading
class Fake(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *words): pass
    def do_GET(self):
        if "/signings" in self.path:
            if os.path.exists("silent"): threading.Event().wait(30)
            body = b'{"signings": [{"sequence": "x"}], "hasMore": 7}'
        else:
            body = json.dumps({"id": "0123", "name": "mine", "role": "publisher", "subject": "acme"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fake)
server.daemon_threads = True
with open("fake.new", "w") as file: file.write(str(server.server_port))
os.rename("fake.new", "fake.port")
server.serve_forever()
PY
python3 fake.py &
fake=$!
wait_for "the registry that is none" test -s fake.port
export MKT_REGISTRY=http://127.0.0.1:$(<fake.port)
expect 0 me whoami
silent
touch silent
expect 0 timeout 15 env MKT_TOKEN="$mine" "$MKT" whoami
silent
