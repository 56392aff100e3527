#!/usr/bin/env bash
# The MCP registry as Visual Studio Code reads it, by the editor's own services: for everyone and for a tenant,
# page by page, and what settings the editor would write. Needs a folder with the npm packages
# @codingame/monaco-vscode-mcp-service-override and @codingame/monaco-vscode-api, which have the editor's
# modules; MKT_VSCODE_MODULES names it.
source "$(dirname "$0")/lib.sh"
modules=${MKT_VSCODE_MODULES:-$SOURCE/build/vscode}
command -v node >/dev/null || skip "node is not installed"
[[ -d $modules/node_modules/@codingame/monaco-vscode-mcp-service-override ]] ||
  skip "the editor's services are not there: npm install --prefix $modules @codingame/monaco-vscode-{mcp-service-override,api}@36.2.7"

start_mktd --mcp-namespace com.acme
export MKT_TOKEN=$token
register acme
server() { # server ID VERSION FILTER
  make_connector "$1" "$2"
  jq "$3" "$1/connector.manifest.json" >m && mv m "$1/connector.manifest.json"
  expect 0 "$MKT" publish "$1"
}
# editor TENANT COMMAND [ARGUMENT]: what the editor prints, with a tenant's list or, for "", everyone's.
editor() {
  local base=$MKT_REGISTRY${1:+/t/$1}
  node "$SOURCE/tests/integration/mcp_vscode.mjs" "$modules" "$base" "${@:2}" 2>editor.log || { cat editor.log >&2; fail "the editor: $*"; }
}
# sees TENANT COMMAND ARGUMENT FILTER: the filter is true for what the editor prints.
sees() {
  editor "$1" "$2" "$3" >seen
  jq -e "$4" seen >/dev/null || fail "the editor, $1 $2 $3: $(<seen)"
}

sees "" version "" '. == "v0.1"'
sees "" list "" '. == [[]]'
# The editor asks for 50 a page, and for the next page of a search by the cursor alone.
for ((i = 100; i < 155; i++)); do server "chat-$i" 1.0.0 '.mcp = {transport: "stdio"}'; done
mail='.mcp = {transport: "stdio", package: {registryType: "npm", identifier: "@acme/mail", version: "2.0.0+1",
    registryBaseUrl: "https://npm.acme.example"},
  arguments: [{type: "named", name: "--team", value: "core"}, {type: "named", name: "--quiet"}, {type: "positional", valueHint: "folder"}],
  environment: [{name: "MAIL_TOKEN", isRequired: true, isSecret: true}, {name: "LEVEL", default: "low", choices: ["low", "high"]}]}'
for version in 1.0.0 1.1.0; do server mail "$version" "$mail"; done
server zoom 1.0.0 '.mcp = {transport: {type: "streamable-http", url: "https://mcp.acme.example/v1",
  headers: [{name: "Authorization", isRequired: true, isSecret: true}]}} | .capabilities = ["auth"]'
sees "" list "" 'map(length) == [50, 7]'
sees "" list chat 'map(length) == [50, 5] and all(flatten[]; startswith("com.acme/chat-"))'
sees "" list MAIL '. == [["com.acme/mail@1.1.0 active"]]'
sees "" list "no such" '. == [[]]'
sees "" show com.acme/mail '.displayName == "The mail" and .publisher == "acme" and .isLatest and .lastUpdated > 0'
sees "" show com.acme/none '. == null'
sees "" show com.other/mail '. == null'

# What the editor writes and asks for.
sees "" settings com.acme/mail '.mcpServerConfiguration | .config.command == "npx" and
  .config.args == ["--registry", "https://npm.acme.example", "@acme/mail@2.0.0+1", "--team", "core", "--quiet", "${input:folder}"] and
  .config.env == {MAIL_TOKEN: "${input:MAIL_TOKEN}", LEVEL: "${input:LEVEL}"} and
  (.inputs | map({(.id): .password}) | add) == {MAIL_TOKEN: true, LEVEL: false, folder: false}'
sees "" settings com.acme/zoom '.mcpServerConfiguration.config | .type == "http" and .url == "https://mcp.acme.example/v1" and
  .headers == {Authorization: "${input:Authorization}"}'

# A tenant's list is its allow-list; what is deprecated says so, what is in quarantine is gone.
expect 0 "$MKT" deprecate mail@1.1.0 --reason old
sees team show com.acme/mail '.status == "deprecated"'
sees team show com.acme/zoom '. == null'
sees team list zoom '. == [[]]'
expect 0 "$MKT" quarantine mail@1.1.0 --reason bad
sees team show com.acme/mail '.version == "1.0.0" and .status == "active"'
expect 0 "$MKT" visibility mail tenants:other
sees team show com.acme/mail '. == null'
sees "" list mail '. == [[]]'

# Where reading wants a token the editor, which sends none, finds nothing and says why.
stop_mktd
start_mktd --mcp-namespace com.acme --reads token
sees "" show com.acme/zoom '. == null'
! node "$SOURCE/tests/integration/mcp_vscode.mjs" "$modules" "$MKT_REGISTRY" list >seen 2>&1 || fail "listed without a token: $(<seen)"
says seen "Server returned 401"
