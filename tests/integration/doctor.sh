#!/usr/bin/env bash
# mkt doctor: each finding is provoked, and gone once it is mended; it never hangs.
source "$(dirname "$0")/lib.sh"

helpers=()
cleanup() { for pid in "${helpers[@]}"; do kill "$pid" 2>/dev/null || true; done; }
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

# finds STATUS CHECK TEXT COMMAND…: the check has a finding of that status with that text, and a
# mend where it is not ok. Status 2 if and only if there is an error.
finds() {
  local status=$1 check=$2 text=$3 got=0
  shift 3
  "$@" doctor --json >out 2>err || got=$?
  jq -e --arg s "$status" --arg c "$check" --arg t "$text" \
    'any(.checks[]; .status == $s and .name == $c and (.message | contains($t)) and (($s == "ok") == (.mend == "")))' \
    out >/dev/null || { cat out err >&2; fail "no $status of $check with \"$text\""; }
  local wrong
  wrong=$(jq 'any(.checks[]; .status == "error")' out)
  [[ $(jq .ok out) != "$wrong" ]] || fail "ok is $(jq .ok out)"
  [[ $got == $([[ $wrong == true ]] && echo 2 || echo 0) ]] || fail "status $got: $(<out)"
}
here() { "$MKT" "$@"; }
# all_well: nothing but ok.
all_well() {
  finds ok registry answers here
  jq -e 'all(.checks[]; .status == "ok") and .ok' out >/dev/null || { cat out >&2; fail "not all is well"; }
}

start_mktd
register acme
make_connector tool
expect 0 "$MKT" publish tool
make_connector tool 1.1.0
expect 0 "$MKT" publish tool
expect 0 "$MKT" install tool@1.0.0
all_well
[[ $(jq -r '[.checks[].name] | join(" ")' out) == "settings proxy registry clock token keys pins installed space" ]] ||
  fail "the checks are $(jq -c '[.checks[].name]' out)"
finds ok registry "mktd " here
finds ok token admin here
finds ok keys "1 in " here
finds ok installed "1 in connectors" here

# In a pipe: words, a line each, tabs between; no mark and no colour.
expect 0 env CLICOLOR_FORCE=1 "$MKT" doctor
[[ $(cut -f 1 out | sort -u) == ok && $(wc -l <out) == 9 ]] || fail "not words: $(<out)"
[[ $(awk -F'\t' 'NF != 4' out) == "" ]] || fail "not four fields: $(<out)"

# Settings.
config=$XDG_CONFIG_HOME/mkt/config.toml
mkdir -p "$XDG_CONFIG_HOME/mkt"
printf '# mine\ntennant = "team"\n' >"$config"
finds error settings "config.toml:2: tennant is not a setting" here
finds warning registry "not checked" here
printf 'tenant = "Not A Tenant"\n' >"$config"
finds error settings "tenant in $config" here
expect 0 "$MKT" config unset tenant
finds ok settings "is valid" here
finds error settings "MKT_MAX_ENTRIES" env MKT_MAX_ENTRIES=many "$MKT"
finds error settings "the option for registry" "$MKT" --registry nonsense
finds error settings "takes no user and password; write http://127.0.0.1:1," env MKT_REGISTRY=http://me:secret@127.0.0.1:1 "$MKT"
! grep secret out err || fail "the password of the registry is shown"
for command in "search x" "config list" "config list --json" "config get registry --json"; do
  # shellcheck disable=SC2086
  env MKT_REGISTRY=http://me:secret@127.0.0.1:1 "$MKT" $command >out 2>err || true
  ! grep secret out err || fail "mkt $command shows the password of the registry"
done
echo "token = \"$token\"" >"$config"
chmod 644 "$config"
finds warning settings "others may read the token" here
chmod 600 "$config"
finds ok settings "is valid" here
rm "$config"
finds ok settings "there is no" here

# The registry: nobody there, somebody else there, somebody who never answers.
finds error registry "cannot reach" "$MKT" --registry http://127.0.0.1:1
jq -e 'all(.checks[]; .name != "clock" and .name != "token")' out >/dev/null || fail "it compared with nobody"
finds ok keys "1 in " "$MKT" --registry http://127.0.0.1:1
cat >others.py <<'PY'
import datetime, email.utils, http.server, json, os, socket, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + int(open("offset").read()), usegmt=True)
    def do_GET(self):
        found = self.path == "/healthz" and os.path.exists("healthy")
        body = json.dumps({"version": "9.9.9"} if found else {"code": "not_found", "message": "no such page"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
silent = socket.create_server(("127.0.0.1", 0))
open("ports.new", "w").write(f"{server.server_port} {silent.getsockname()[1]}\n")
os.rename("ports.new", "ports")
server.serve_forever()
PY
echo 0 >offset
python3 others.py 2>others.log &
helpers+=($!)
wait_for "the other server" test -s ports
read -r other silent <ports
other=http://127.0.0.1:$other
finds error registry "answers, but not as mktd does" "$MKT" --registry "$other"
started=$(date +%s)
finds error registry "did not answer in time" "$MKT" --registry "http://127.0.0.1:$silent"
(($(date +%s) - started < 30)) || fail "it took $(($(date +%s) - started)) seconds"
finds error registry "did not answer in time" "$MKT" --timeout 300ms --registry "http://127.0.0.1:$silent"
if [[ -f ${SLOW_RESOLVER_LIBRARY:-} ]]; then
  started=$(date +%s)
  finds error registry "did not answer in time" env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$SLOW_RESOLVER_LIBRARY" \
    "$MKT" --timeout 1s --registry http://registry.example
  (($(date +%s) - started < 30)) || fail "a name server that does not answer holds it up"
fi
expect 0 "$MKT" doctor --offline --json --registry "http://127.0.0.1:$silent"
jq -e 'all(.checks[]; .name != "registry")' out >/dev/null || fail "it asked, though --offline"

# The clock.
touch healthy
finds ok clock "agrees" "$MKT" --registry "$other"
echo 90 >offset
finds warning clock "behind the registry's" "$MKT" --registry "$other"
echo -90 >offset
finds warning clock "ahead of the registry's" "$MKT" --registry "$other"

# The token: none, refused, of another registry, soon over.
finds ok token "there is none" "$MKT" --registry "$other"
finds error token "the registry refuses it" env MKT_TOKEN=mkt_wrong "$MKT"
printf 'token = "%s"\nregistry = "%s"\n' "$token" "$MKT_REGISTRY" >"$config"
chmod 600 "$config"
finds warning token "was not sent to" "$MKT" --registry "$other"
rm "$config"
expect 0 "$MKT" token create --role publisher --subject acme --name short --expires 1d --json
finds warning token "which is soon" env MKT_TOKEN="$(jq -r .token out)" "$MKT"
expect 0 "$MKT" token create --role publisher --subject acme --name long --expires 30d --json
finds ok token "publisher of acme, until" env MKT_TOKEN="$(jq -r .token out)" "$MKT"

# The proxy.
finds ok proxy "is this machine" env http_proxy=http://127.0.0.1:9 "$MKT"
finds ok proxy "http://127.0.0.1:9 (http_proxy)" env http_proxy=http://me:secret@127.0.0.1:9 "$MKT" --registry http://registry.example
! grep -q secret out || fail "it shows a password"
# Nor where libcurl cannot use the proxy and says so, for any command.
https=https://registry.example
for proxy in 'http://me:secret@127.0.0.1:99999' 'http://me:top secret@127.0.0.1:9' 'me:secret@other://x' 'other://me:secret@x' \
  "http://me:$(printf '%0300d' 0)secret@127.0.0.1:99999"; do
  finds error registry "the proxy that the environment names cannot be used" env https_proxy="$proxy" "$MKT" --registry $https
  cp out told
  expect 7 env https_proxy="$proxy" "$MKT" --registry $https search x
  ! grep -E 'secret|000000' told out err || fail "the password of the proxy is shown"
done
finds ok proxy "no_proxy has .example" env http_proxy=http://127.0.0.1:9 no_proxy=.example "$MKT" --timeout 1s --registry http://registry.example
finds warning proxy "HTTP_PROXY has no effect" env HTTP_PROXY=http://127.0.0.1:9 "$MKT" --timeout 1s --registry http://registry.example

# Keys.
file=$(ls "$XDG_CONFIG_HOME"/mkt/keys/*.key)
chmod 644 "$file"
finds error keys "$file" here
jq -e 'any(.checks[]; .mend | startswith("chmod 600 "))' out >/dev/null || fail "no chmod: $(<out)"
chmod 600 "$file"
finds ok keys "1 in " here
cp "$file" kept.key
echo '{' >"$file"
finds error keys "$file" here
cp kept.key "$file"
chmod 777 "$XDG_CONFIG_HOME/mkt/keys"
finds error keys "others may replace files" here
chmod 700 "$XDG_CONFIG_HOME/mkt/keys"
expect 0 "$MKT" login --with-token <<<"$token"
chmod 640 "$XDG_CONFIG_HOME/mkt/credentials.json"
finds error keys "may be read by others" here
chmod 600 "$XDG_CONFIG_HOME/mkt/credentials.json"
all_well

# Pins.
expect 0 "$MKT" key trust acme
finds ok pins "1 key of 1 publisher" here
chmod 666 "$XDG_CONFIG_HOME/mkt/trust.json"
finds error pins "others may change" here
chmod 644 "$XDG_CONFIG_HOME/mkt/trust.json"
cp "$XDG_CONFIG_HOME/mkt/trust.json" trust.json
echo '[' >"$XDG_CONFIG_HOME/mkt/trust.json"
finds error pins "trust.json" here
cp trust.json "$XDG_CONFIG_HOME/mkt/trust.json"
all_well

# What is installed.
echo changed >>connectors/tool/index.js
finds error installed "index.js: has changed" here
expect 0 "$MKT" install tool@1.0.0 --force
all_well
cp -r connectors/tool kept
mv connectors/tool gone
finds warning installed "tool@1.0.0 is in mkt.lock but not installed" here
expect 0 "$MKT" install --frozen
all_well
cp mkt.lock kept.lock
sed -i 's/1\.0\.0/1.1.0/' mkt.lock
finds error installed "tool is installed as 1.0.0, but mkt.lock has 1.1.0" here
cp kept.lock mkt.lock
echo '{}' >mkt.lock
finds error installed "is not a lock file" here
echo '{"lockVersion": 1, "connectors": []}' >mkt.lock
finds warning installed "tool@1.0.0 is installed but not in mkt.lock" here
cp kept.lock mkt.lock
echo '{' >connectors/tool/install-receipt.json
finds error installed "is not a valid receipt" here
rm -r connectors/tool
mv kept connectors/tool
all_well

# A revoked key that is pinned.
other_key=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$other_key"
expect 0 "$MKT" key revoke "$key" --reason-code superseded --reason "a new laptop" --yes
expect 0 "$MKT" key refresh
finds warning pins "is pinned but revoked" here

# Space: a disk that is almost full, and one that is read-only.
rooted() { "$MKT" "$@" --root small/connectors; }
mkdir small
if mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
  trap 'umount small 2>/dev/null || true; finish' EXIT
  finds error space "only 0 MB free in" rooted
  mount -o remount,ro small
  if ((EUID != 0)) || ! touch small/x 2>/dev/null; then
    finds warning space "cannot write connectors into" rooted
  fi
  umount small
fi

# On a terminal: marks and colours, and how to mend below.
if command -v script >/dev/null; then
  chmod 777 "$XDG_CONFIG_HOME/mkt/keys"
  env TERM=xterm script -qec "'$MKT' doctor" /dev/null </dev/null >out 2>err || true
  says out $'\033[32m✓\033[0m registry'
  says out $'\033[31m✗\033[0m keys'
  says out "→ chmod 700"
  env NO_COLOR=1 TERM=xterm script -qec "'$MKT' doctor" /dev/null </dev/null >out 2>err || true
  says out "✓ registry"
  chmod 700 "$XDG_CONFIG_HOME/mkt/keys"
fi
