#!/usr/bin/env bash
# The pages for people in a real browser: all of them in light and dark, at a desk and on a phone, with
# axe-core; a visit by mouse and one by keyboard alone. With SHOTS=FOLDER it leaves pictures there.
source "$(dirname "$0")/lib.sh"
modules=${MKT_BROWSER_MODULES:-$SOURCE/build/browser}
command -v node >/dev/null || skip "node is not installed"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "chromium is not installed"
[[ -d $modules/node_modules/playwright-core && -d $modules/node_modules/axe-core ]] ||
  skip "playwright-core and axe-core are not in $modules: . scripts/prerequisites; need_browser_modules"

start_mktd
export MKT_TOKEN=$token
register acme
make_connector tool
printf '# The tool\n\nIt *helps*.\n\n## Use\n\n- a list\n- of [links](https://tool.example/)\n\n```js\nconst tool = require("a-very-long-name-of-a-module-that-does-not-fit-on-a-phone").create({ with: "options" });\n```\n\n> A quote.\n\n| Variable | What it is for | Default |\n|:--|:--|--:|\n| `TOOL_ENDPOINT_OF_THE_SERVICE` | where to ask, *https* alone | `https://tool.example/` |\n| `TOOL_TIMEOUT_MILLISECONDS` | how long to wait \\| give up | 5000 |\n\n- [x] done\n- [ ] ~~to do~~\n' >tool/README.md
expect 0 "$MKT" publish tool
make_connector tool 1.1.0
printf '# The tool\n\nIt *really* helps.\n' >tool/README.md
jq '.capabilities = ["auth"] | .tools += [{name: "drop", policyClass: "DESTRUCTIVE", description: "Drops it"}]' \
  tool/connector.manifest.json >changed && mv changed tool/connector.manifest.json
expect 0 "$MKT" publish tool
make_connector nasty
evil='"><script>alert(1)</script><img src=x onerror=alert(1)> averylongwordthatnobodycanbreakanywhereaverylongwordthatnobodycanbreakanywhere'
jq --arg evil "$evil" '.displayName = $evil[0:100] | .description = $evil | .tools[0].description = $evil' \
  nasty/connector.manifest.json >changed && mv changed nasty/connector.manifest.json
printf '# <script>alert(1)</script>\n\n<script>alert(2)</script>\n\n###### deep\n\n<img src=x onerror=alert(3)> ![x](https://tracker.example/x.png)\n' >nasty/README.md
expect 0 "$MKT" publish nasty

# The longest words that are allowed, and a README that is nested deeply.
many() { printf "%.0s$1" $(seq "$2"); }
LONG=$(many l 64)
make_connector "$LONG" "1.0.0-$(many x 110)"
jq --arg author "$(many A 128)" '.author = $author' "$LONG/connector.manifest.json" >changed && mv changed "$LONG/connector.manifest.json"
printf '%s deep\n' "$(many '> ' 24)" >"$LONG/README.md"
expect 0 "$MKT" publish "$LONG"

expect 0 "$MKT" --tenant team policy set requireApprovalForAll=true
maria=$("$MKT" token create --role member --subject team --name maria)
APPROVER=$("$MKT" token create --role approver --subject team --name ann)
ADMIN=$token
wish() { # wish VERSION: the request's id
  expect_http 202 - POST /v1/tenants/team/installs -H "Authorization: Bearer $maria" -H 'Content-Type: application/json' \
    -d "{\"connectorId\": \"tool\", \"version\": \"$1\"}"
  jq -r .requestId body
}
FIRST=$(wish 1.1.0)
SECOND=$(wish 1.0.0)
expect_http 202 - POST /v1/tenants/team/installs -H "Authorization: Bearer $maria" -H 'Content-Type: application/json' \
  -d "{\"connectorId\": \"$LONG\", \"version\": \"1.0.0-$(many x 110)\"}"
export APPROVER ADMIN FIRST SECOND LONG
expect 0 timeout 800 node "$SOURCE/tests/integration/web_browser.mjs" "$modules" "$chromium"

decided() { curl -sS -H "Authorization: Bearer $maria" "$MKT_REGISTRY/v1/tenants/team/install-requests/$1" | jq -r "$2"; }
[[ $(decided "$FIRST" .status) == denied && $(decided "$FIRST" .decidedBy) == ann ]] || fail "the first: $(decided "$FIRST" .)"
[[ $(decided "$SECOND" .status) == approved && $(decided "$SECOND" '.approvals[0].approver') == ann ]] || fail "the second: $(decided "$SECOND" .)"
