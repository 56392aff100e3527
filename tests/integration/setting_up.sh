#!/usr/bin/env bash
# Setting up: mkt config, mkt init, the search for the project's folder, mkt hold.
source "$(dirname "$0")/lib.sh"

config=$XDG_CONFIG_HOME/mkt/config.toml
from() { jq -r --arg n "$1" '.settings[] | select(.name == $n) | "\(.value) \(.from)"' out; }

# --- mkt config
expect 0 "$MKT" config path
[[ $(<out) == "$config" ]] || fail "the path is $(<out)"
expect 0 "$MKT" config list --json
[[ $(from registry) == "http://127.0.0.1:3456 default" ]] || fail "registry: $(from registry)"
[[ $(from tenant) == "null default" ]] || fail "tenant: $(from tenant)"
expect 3 "$MKT" config get tenant
expect 0 "$MKT" config set registry HTTPS://Connectors.Acme.example:443/
[[ $(stat -c %a "$config") == 600 && $(<"$config") == 'registry = "https://connectors.acme.example"' ]] || fail "$(<"$config")"
expect 0 "$MKT" config get registry
[[ $(<out) == https://connectors.acme.example ]] || fail "got $(<out)"

# Every other line stays as it is.
cat >"$config" <<'TOML'
# my settings
registry = 'https://a.example'  # ours

require-trusted = false # not yet
TOML
chmod 644 "$config"
expect 0 "$MKT" config set registry https://b.example
expect 0 "$MKT" config set require_trusted true
expect 0 "$MKT" config set max_entries 500
expect 0 "$MKT" config set key acme:0123456789abcdef
expect 0 "$MKT" config set key agent:SHA256:0123456789abcdef0123456789abcdef01234567898
expect 2 "$MKT" config set key acme
expect 0 "$MKT" config unset key
cat >wanted <<'TOML'
# my settings
registry = "https://b.example"  # ours

require-trusted = true # not yet
max_entries = 500
TOML
diff wanted "$config" >&2 || fail "other lines changed"
[[ $(stat -c %a "$config") == 600 ]] || fail "its mode is $(stat -c %a "$config")"
expect 0 "$MKT" config unset max_entries
expect 0 "$MKT" config unset max_entries
says out "was not set"
diff <(head -n 4 wanted) "$config" >&2 || fail "other lines changed"

# Where each value comes from; the option is the strongest.
expect 0 env MKT_TENANT=team "$MKT" --registry http://127.0.0.1:1 config list --json
[[ $(from registry) == "http://127.0.0.1:1 option" && $(from tenant) == "team environment" ]] || fail "$(<out)"
[[ $(from require_trusted) == "true config.toml" ]] || fail "$(<out)"
expect 0 env MKT_TENANT=team "$MKT" config list
says out $'tenant\tteam\tMKT_TENANT'
expect 0 env MKT_TENANT=team "$MKT" config set tenant other
says err "MKT_TENANT gives another value"

# Refused: unknown names, values that no command could use, a file that is not TOML.
cp "$config" before
for bad in "registry nonsense" "tenant Not-A-Tenant" "max_entries 0" "max_entries many" "require_trusted maybe" "tennant team"; do
  # shellcheck disable=SC2086
  expect 2 "$MKT" config set $bad
done
says err "did you mean tenant? the settings are registry, token, token_file, tenant, key, max_entries, max_unpacked_bytes, require_trusted, cache_size, ca_file"
for command in get unset; do
  expect 2 "$MKT" config "$command" tennant
  says err "the settings are"
done
expect 3 "$MKT" config set token_file /nowhere
expect 2 "$MKT" config set tenant ""
cmp before "$config" || fail "a refused value was written"
echo 'tenant' >>"$config"
expect 2 "$MKT" config set tenant team
says err "config.toml:6"
cp before "$config"

# Hyphens do as well as underscores, as in the file.
expect 0 "$MKT" config set cache-size 2GiB
says "$config" 'cache_size = "2GiB"'
expect 0 "$MKT" config get cache-size
[[ $(<out) == 2GiB ]] || fail "cache-size is $(<out)"
expect 2 "$MKT" config set token-file ""
says err "mkt config unset token_file"
expect 0 "$MKT" config unset cache-size
says out "cache_size is no longer set"
cmp before "$config" || fail "the setting is still there"

# A token comes from standard input, and is never shown.
expect 2 "$MKT" config set token mkt_secret
says err "can read a token on the command line"
# What cannot be one is refused, not cut.
for command in "config set token" "login --with-token"; do
  # shellcheck disable=SC2086
  {
    expect 2 "$MKT" $command < <(head -c 4097 /dev/zero | tr '\0' x)
    says err "is longer than 4096 bytes"
    for bad in 'mkt_a\0b' 'mkt_a\ab' 'mkt_\377'; do
      expect 2 "$MKT" $command < <(printf "$bad")
      says err "is not one line of text"
    done
    expect 11 "$MKT" $command <.
    says err "from standard input: Is a directory"
  }
done
expect 2 "$MKT" config set token < <(printf 'mkt_a\nmkt_b\n')
cmp before "$config" || fail "a refused token was written"
printf 'mkt_a\0b\n' >bad.token
expect 2 "$MKT" config set token_file bad.token
says err "the token has control characters"
expect 2 "$MKT" --token-file bad.token whoami
expect 0 "$MKT" config set token < <(head -c 4096 /dev/zero | tr '\0' x)
expect 0 "$MKT" config set token <<<"mkt_secret"
! grep -q mkt_secret out err || fail "it shows the token"
says "$config" 'token = "mkt_secret"'
for command in "list" "list --json" "get token" "get token --json"; do
  # shellcheck disable=SC2086
  expect 0 "$MKT" config $command
  ! grep -q mkt_secret out err || fail "mkt config $command shows the token"
done
expect 0 "$MKT" config get token
[[ $(<out) == set ]] || fail "of a token it says $(<out)"
echo other >token.txt
expect 0 "$MKT" config set token_file token.txt
says "$config" "token_file = \"$work/token.txt\""
# A link stays a link.
mv "$config" dotfile.toml
ln -s "$work/dotfile.toml" "$config"
expect 0 "$MKT" config unset token
[[ -L $config ]] || fail "the link is gone"
! grep -q 'token =' dotfile.toml || fail "the token is still there"
# Two at once.
for i in 1 2 3 4 5 6 7 8; do
  "$MKT" --quiet config set max_entries "$i" >/dev/null & "$MKT" --quiet config set max_unpacked_bytes "$i" >/dev/null & wait
  grep -q '^max_entries' "$config" && grep -q '^max_unpacked' "$config" || fail "one of two changes is lost: $(<"$config")"
  "$MKT" config unset max_entries >/dev/null
  "$MKT" config unset max_unpacked_bytes >/dev/null
done
rm "$config"

# --- mkt init, without a terminal
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$work/gitconfig
printf '[user]\n\tname = Ada Lovelace\n' >gitconfig
field() { jq -r ".$2" "$1/connector.manifest.json"; }
expect 0 "$MKT" init "My Connector" </dev/null
[[ $(field "My Connector" id) == my-connector && $(field "My Connector" version) == 0.1.0 && $(field "My Connector" license) == Apache-2.0 ]] || fail "other defaults"
if command -v git >/dev/null; then
  [[ $(field "My Connector" author) == "Ada Lovelace" ]] || fail "the author is $(field "My Connector" author)"
fi
expect 0 env PATH=/nowhere "$MKT" init gitless </dev/null
[[ $(field gitless author) == "Your name or team" ]] || fail "the author is $(field gitless author)"
expect 8 "$MKT" init gitless
expect 0 "$MKT" init flags --id acme-tickets --first-version 2.0.0-rc.1 --display-name Tickets --description "Reads tickets" \
  --author "Acme Inc." --license "MIT OR Apache-2.0"
[[ $(jq -r '[.id, .version, .displayName, .description, .author, .license] | join("|")' flags/connector.manifest.json) == \
  "acme-tickets|2.0.0-rc.1|Tickets|Reads tickets|Acme Inc.|MIT OR Apache-2.0" ]] || fail "$(<flags/connector.manifest.json)"
for bad in "--first-version one" "--id No" "--license (" "--template cobol"; do
  # shellcheck disable=SC2086
  expect 2 "$MKT" init refused $bad
  [[ ! -e refused ]] || fail "mkt init $bad left a folder"
done

# What cannot be written is told before anything is written.
expect 2 "$MKT" init ''
says err "DIR is empty"
mkdir gone
expect 11 bash -c 'cd gone && rmdir ../gone && exec "$MKT" init'
says err "the current folder is not known"
mkdir gone
expect 0 bash -c 'cd gone && rmdir ../gone && "$MKT" hold --root . && "$MKT" list --root .'
for bad in --description --display-name --author; do
  expect 2 "$MKT" init refused "$bad" $'caf\xe9'
  says err "$bad is not valid UTF-8"
  [[ ! -e refused ]] || fail "mkt init $bad left a folder"
done
mkdir -p in-the-way/{pipe,folder,link,manifest,ignored}
mkfifo in-the-way/pipe/index.js
mkdir in-the-way/folder/index.js
ln -s nowhere in-the-way/link/index.js
ln -s nowhere in-the-way/manifest/connector.manifest.json
mkdir in-the-way/ignored/.mktignore
find in-the-way | sort >before
while read -r name text; do
  expect 8 timeout 20 "$MKT" init "in-the-way/$name" </dev/null
  says err "$text; move it away"
done <<'END'
pipe index.js is no plain file
folder index.js is a folder
link index.js is a link that leads nowhere
manifest connector.manifest.json is a link that leads nowhere
ignored .mktignore is a folder
END
find in-the-way | sort | diff before - >&2 || fail "mkt init wrote beside what is in the way"
mkdir kept
echo '// mine' >mine.js
ln -s ../mine.js kept/index.js
expect 0 "$MKT" init kept </dev/null
[[ $(<kept/index.js) == '// mine' && -L kept/index.js ]] || fail "a link to a file was replaced"
expect 0 "$MKT" init $'odd\e[2J' --id odd </dev/null
! grep -q $'\e' out err || fail "a folder's name steers the terminal"

# What each template lays out packs at once, and does what it says.
for template in plain mcp node python; do
  arguments=()
  [[ $template == plain ]] || arguments=(--template "$template")
  expect 0 "$MKT" init "a-$template" "${arguments[@]}" </dev/null
  expect 0 "$MKT" pack "a-$template" -o "$template.tgz"
  [[ $template == python ]] || ! grep -q warning err || fail "it warns of the template $template: $(<err)"
  tar tzf "$template.tgz" >listed
  says listed "$(field "a-$template" entrypoint)"
  ! grep -q '^test/' listed || fail "the tests are packed"
done
if command -v node >/dev/null; then
  expect 0 bash -c 'cd a-node && node --test test/'
  cat >asked <<'JSON'
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/list"}
{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"hello","arguments":{"name":"Ada"}}}
{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"toString"}}
{"jsonrpc":"2.0","id":5,"method":"no/such"}
null
7
"text"
[]
not JSON
{"jsonrpc":"2.0","id":7,"method":"tools/call","params":null}
{"jsonrpc":"2.0","id":6,"method":"ping"}
JSON
  expect 0 node a-mcp/server.mjs <asked
  [[ $(grep -c -- '"id":null,"error":{"code":-32600,' out) == 4 ]] || fail "the MCP server answers $(<out)"
  jq -es 'sort_by(.id) | map({(.id | tostring): .}) | add |
    .["1"].result.protocolVersion == "2025-03-26" and .["1"].result.serverInfo == {name: "a-mcp", version: "0.1.0"} and
    .["2"].result.tools[0].name == "hello" and .["2"].result.tools[0].inputSchema.type == "object" and
    .["3"].result.content == [{type: "text", text: "Hello, Ada!"}] and
    .["4"].error.code == -32602 and .["5"].error.code == -32601 and .["null"].error.code == -32700 and .["7"].error.code == -32603 and
    .["6"].result == {}' out >/dev/null || fail "the MCP server answers $(<out)"
fi
if command -v python3 >/dev/null; then
  expect 0 python3 a-python/main.py
  says out "Hello, world!"
fi

# --- the project's folder
# in_folder DIR COMMAND…: there; ./out and ./err stay here.
in_folder() { (cd "$1" && shift && "$@"); }
start_mktd
register acme
for version in 1.0.0 1.2.0 2.0.0; do
  make_connector tool "$version"
  expect 0 "$MKT" publish tool
done
mkdir -p project/src/deep
cp -r tool project/source
expect 0 in_folder project/source/lib "$MKT" pack
says out "tool-2.0.0.tgz"
[[ -f project/source/lib/tool-2.0.0.tgz ]] || fail "the tarball is not in the current folder"
expect 0 in_folder project/source/lib "$MKT" publish
says out "unchanged tool@2.0.0"
rm -r project/source
deep=project/src/deep
expect 0 in_folder project "$MKT" install tool@1.0.0
[[ -f project/mkt.lock && -d project/connectors/tool ]] || fail "not installed here"
for command in list outdated audit hold "doctor --json" "install tool@1.2.0" update; do
  # shellcheck disable=SC2086
  expect 0 in_folder $deep "$MKT" $command
  [[ -z $(ls -A $deep) ]] || fail "mkt $command made $(ls -A $deep) in the current folder"
done
[[ $(jq -r .version project/connectors/tool/install-receipt.json) == 2.0.0 ]] || fail "the project was not updated"
expect 0 in_folder $deep "$MKT" list
says out "../../connectors/tool"
expect 0 in_folder $deep "$MKT" install --frozen
# --root, and what is in the current folder, come first.
expect 0 in_folder $deep "$MKT" list --root elsewhere
[[ ! -s out ]] || fail "--root is not that folder: $(<out)"
mkdir $deep/connectors
expect 0 in_folder $deep "$MKT" list
[[ ! -s out ]] || fail "connectors here were passed by: $(<out)"
rmdir $deep/connectors
expect 0 in_folder $deep "$MKT" uninstall tool
[[ ! -e project/connectors/tool ]] || fail "it is still there"
# Somebody else's mkt.lock decides nothing, nor one above the home folder.
if ((EUID == 0)); then
  chown 65534 project/mkt.lock
  expect 3 in_folder $deep "$MKT" install --frozen
  chown 0 project/mkt.lock
fi
mkdir -p "$HOME/work"
cp project/mkt.lock .
expect 3 in_folder "$HOME/work" "$MKT" install --frozen
mv mkt.lock "$HOME"
expect 0 in_folder "$HOME/work" "$MKT" install --frozen
rm -r project

# --- mkt hold
expect 3 "$MKT" hold tool
expect 0 "$MKT" install tool@1.0.0
expect 0 "$MKT" hold
[[ ! -s out ]] || fail "something is held: $(<out)"
expect 0 "$MKT" outdated --json
[[ $(jq -c '.outdated[0] | [.latest, .held]' out) == '["2.0.0",null]' ]] || fail "$(<out)"
expect 1 "$MKT" outdated --exit-code
expect 0 "$MKT" hold tool
says out "tool is held at 1.0.0"
[[ $(jq -r '.connectors[0].hold' mkt.lock) == 1.0.0 ]] || fail "$(<mkt.lock)"
expect 0 "$MKT" outdated --json --exit-code
[[ $(jq -c '.outdated[0] | [.latest, .held]' out) == '["2.0.0","1.0.0"]' ]] || fail "$(<out)"
expect 0 "$MKT" outdated
says out $'tool\t1.0.0\t2.0.0\tconnectors/tool\t1.0.0'
for command in update "update tool"; do
  # shellcheck disable=SC2086
  expect 0 "$MKT" $command
  says err "2.0.0 is held at 1.0.0"
  [[ $(jq -r .version connectors/tool/install-receipt.json) == 1.0.0 ]] || fail "mkt $command updates what is held"
done
expect 0 "$MKT" hold tool@1.x
expect 1 "$MKT" outdated --exit-code --json
[[ $(jq -c '.outdated[0] | [.latest, .held]' out) == '["1.2.0","1.x"]' ]] || fail "$(<out)"
expect 0 "$MKT" update
[[ $(jq -r .version connectors/tool/install-receipt.json) == 1.2.0 ]] || fail "not updated within the hold"
[[ $(jq -r '.connectors[0].hold' mkt.lock) == 1.x ]] || fail "the hold is gone: $(<mkt.lock)"
expect 0 "$MKT" hold --json
[[ $(jq -c .holds out) == '[{"id":"tool","version":"1.2.0","hold":"1.x","connectorId":"tool"}]' ]] || fail "$(<out)"
expect 0 "$MKT" install --frozen
[[ $(jq -r '.connectors[0].hold' mkt.lock) == 1.x ]] || fail "the hold is gone: $(<mkt.lock)"
# An explicit install is not kept back, and an exact hold follows it.
expect 0 "$MKT" hold tool
expect 0 "$MKT" install tool@1.0.0
[[ $(jq -r '.connectors[0].hold' mkt.lock) == 1.0.0 ]] || fail "the hold is $(<mkt.lock)"
for bad in "tool@" "tool@one" "tool@1.x --undo" "--undo"; do
  # shellcheck disable=SC2086
  expect 2 "$MKT" hold $bad
done
expect 0 "$MKT" hold tool@2.x
says err "not within 2.x"
expect 0 "$MKT" hold tool --undo
says out "no longer held"
! grep -q hold mkt.lock || fail "the hold is still there: $(<mkt.lock)"
expect 0 "$MKT" hold tool --undo
says out "was not held"
expect 0 "$MKT" update
[[ $(jq -r .version connectors/tool/install-receipt.json) == 2.0.0 ]] || fail "not updated after --undo"
expect 0 "$MKT" outdated --exit-code
# Uninstalling ends the hold.
expect 0 "$MKT" hold tool
expect 0 "$MKT" uninstall tool
expect 0 "$MKT" install tool
! grep -q hold mkt.lock || fail "the hold outlives an uninstall"
