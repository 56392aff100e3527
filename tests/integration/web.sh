#!/usr/bin/env bash
# The pages for people, as curl sees them: what each shows and to whom, what hostile manifests and READMEs
# cannot do, signing in and out, and decisions about install requests.
source "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "python3 is not installed"

start_mktd
export MKT_TOKEN=$token

# page STATUS PATH [CURL-ARGUMENT…]: as a browser asks; the page goes to ./body, and is checked.
page() {
  local want=$1 path=$2 got
  shift 2
  got=$(http GET "$path" -H 'Accept: text/html,*/*;q=0.8' "$@")
  [[ $got == "$want" ]] || { cat body >&2; fail "expected $want, got $got: $path"; }
  sealed "$path"
}
sealed() {
  grep -qi "^content-type: text/html; charset=utf-8" headers || fail "$1 is no page: $(<headers)"
  grep -qi "^content-security-policy: default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'" headers ||
    fail "$1 may load or run something: $(<headers)"
  local field
  for field in "x-content-type-options: nosniff" "cross-origin-opener-policy: same-origin" \
    "referrer-policy: same-origin" "vary: cookie"; do
    grep -qi "^$field" headers || fail "$1 has no $field"
  done
  python3 "$SOURCE/tests/integration/page_check.py" body >found || { cat found >&2; fail "$1 has what no page may have"; }
  ! grep -qE 'mkt_[0-9a-f]{12}_' body || fail "$1 shows a token"
}
# form PATH [CURL-ARGUMENT…]: as a browser sends it; prints the status.
form() {
  local path=$1
  shift
  http POST "$path" -H 'Accept: text/html' -H "Origin: $MKT_REGISTRY" -H 'Sec-Fetch-Site: same-origin' "$@"
}
# signed_in TOKEN: a session's cookie.
signed_in() {
  [[ $(form /sign-in --data-urlencode "token=$1") == 303 ]] || { cat body >&2; fail "cannot sign in"; }
  sed -nE 's/^set-cookie: (mkt-session=[0-9a-f.]{130,});.*/\1/Ip' headers
}
# secret_of PAGE COOKIE: what the forms of that page carry.
secret_of() {
  page 200 "$1" -H "Cookie: $2"
  sed -nE 's/.*name="form" value="([0-9a-f]{64})".*/\1/p' body | head -n 1
}

# --- An empty registry, then a catalog with hostile connectors ----------------------------------
page 200 /
says body "Nothing is published here yet"
register acme
make_connector tool
printf '# The tool\n\nIt *helps*. [Site](https://tool.example/) ![logo](https://tracker.example/x.png)\n' >tool/README.md
expect 0 "$MKT" publish tool
make_connector tool 1.1.0
printf '# The tool\n\nIt *really* helps.\n' >tool/README.md
jq '.capabilities = ["auth"] | .tools += [{name: "drop", policyClass: "DESTRUCTIVE", description: "Drops it"}]' \
  tool/connector.manifest.json >changed && mv changed tool/connector.manifest.json
expect 0 "$MKT" publish tool
make_connector user
jq '.dependencies = {"tool": "^1.0.0"}' user/connector.manifest.json >changed && mv changed user/connector.manifest.json
expect 0 "$MKT" publish user

# Every member that is free text is hostile.
make_connector nasty
evil='"><script>alert(1)</script><img src=x onerror=alert(1)>'"'"' onmouseover=alert(1) &lt;x'
jq --arg evil "$evil" '{id, version, displayName: ($evil | .[0:100]), description: $evil, author: ($evil | .[0:100]),
  license: "MIT", entrypoint: "index.js", manifestVersion: "1.0",
  capabilities: ["custom"], keywords: ["x"], homepage: "https://x.example/?\($evil | @uri)",
  tools: [{name: "t", policyClass: "READ", description: $evil}]}' nasty/connector.manifest.json >changed
mv changed nasty/connector.manifest.json
cat >nasty/README.md <<'MD'
# <script>alert(1)</script> [x](javascript:alert(1))

<script>alert(2)</script>
<img src=x onerror=alert(3)> [y](<https://ok.example/" onclick="alert(4)>) ![z](data:image/svg+xml,<svg/onload=alert(5)>)

<a href="https://evil.example" onclick="alert(6)">link</a> <!-- comment --> <style>*{display:none}</style>
MD
expect 0 "$MKT" publish nasty
make_connector large
perl -e 'srand 1; print "[" x 20, rand, "\n" for 1 .. 270000' >large/README.md
expect 0 "$MKT" publish large
make_connector long
perl -e 'srand 1; print "> - **a** [b](https://x.example/) <b> ", rand, "\n" for 1 .. 180000' >long/README.md
expect 0 "$MKT" publish long

for path in / /search /search?q=tool '/search?q=%3Cscript%3Ealert(1)%3C/script%3E' '/search?q=%22%20onfocus=alert(1)' \
  /connectors/tool /connectors/tool/1.0.0 /connectors/tool/latest /connectors/nasty /connectors/nasty/1.0.0 \
  /connectors/large /connectors/long /connectors/user /connectors/tool/diff/1.0.0...1.1.0 /publishers/acme /status /sign-in \
  '/sign-in?to=//evil.example' '/sign-in?to=/requests%22onfocus=x'; do
  page 200 "$path"
  [[ $(http HEAD "$path" --head) == 200 ]] || fail "HEAD $path"
done

page 200 /connectors/tool
for text in 'mkt install tool' 'It <em>really</em> helps.' '>drop<' destroys auth 1.0.0 acme 'not verified' sha256: \
  '/connectors/tool/diff/1.0.0...1.1.0' 'Needed by' '/connectors/user'; do
  says body "$text"
done
page 200 /connectors/tool/1.0.0
says body '<a rel="nofollow noopener" href="https://tool.example/">Site</a>'
says body '<a rel="nofollow noopener" href="https://tracker.example/x.png">logo</a>'
page 200 /connectors/tool/diff/1.0.0...1.1.0
for text in '<ins>+ capability auth</ins>' '<del>− capability custom</del>' 'tool drop (DESTRUCTIVE)' README.md \
  '<del>- It *helps*.' '<ins>+ It *really* helps.</ins>'; do
  says body "$text"
done
[[ $(http GET '/connectors/tool/diff?from=1.0.0&to=1.1.0') == 303 ]] || fail "the form of a diff"
grep -qi '^location: /connectors/tool/diff/1.0.0...1.1.0' headers || fail "$(<headers)"
page 200 '/search?q=too'
says body '/connectors/tool'
page 200 '/search?q=nothing+of+it'
says body 'No connector has all of these words: <q>nothing of it</q></p>'
! grep -q '<ol' body || fail "a list of nothing"
[[ $(http GET '/search?q=too&page=99') == 303 ]] || fail "a page beyond the last"
grep -qi $'^location: /search?q=too\r' headers || fail "$(<headers)"
page 200 /connectors/long
says body "The rest is not shown"
[[ $(wc -c <body) -lt 8000000 ]] || fail "the page of a README of 10 MB is large"
most=$(memory_bound 262144)
resident=$(awk '/VmHWM/ {print $2}' "/proc/$daemon/status")
((resident < most)) || fail "$resident KiB for READMEs of 10 MB, more than $most"

# --- What is kept, and what browsers keep ---------------------------------------------------------------
for path in / /connectors/tool /connectors/tool/1.0.0; do
  page 200 "$path"
  etag=$(sed -nE 's/^etag: (.*)\r/\1/Ip' headers)
  [[ -n $etag ]] || fail "$path has no ETag"
  [[ $(http GET "$path" -H "If-None-Match: $etag") == 304 ]] || fail "$path is sent again"
done
page 200 /
asset=$(grep -oE '/assets/style\.css\?v=[0-9a-f]+' body | head -n 1)
[[ $(http GET "$asset") == 200 ]] || fail "no $asset"
grep -qi '^cache-control: public, max-age=31536000, immutable' headers || fail "$(<headers)"
grep -qi '^content-type: text/css' headers || fail "$(<headers)"
# What another version's page names is not kept under its name.
for path in /assets/icon.svg '/assets/style.css?v=0123456789abcdef'; do
  [[ $(http GET "$path") == 200 ]] || fail "no $path"
  grep -qi $'^cache-control: no-cache\r' headers || fail "$path: $(<headers)"
done
[[ $(http GET /assets/none.css) == 404 ]] || fail "an asset that is none"
# A kept page changes with what it shows.
page 200 /connectors/tool
expect 0 "$MKT" deprecate tool@1.1.0 --reason 'Use <b>another</b>'
page 200 /connectors/tool
says body 'Use &lt;b&gt;another&lt;/b&gt;'

# --- Errors: pages for browsers, JSON for everybody else ------------------------------------------------
page 404 /connectors/nothing
says body "There is no connector nothing"
page 404 /connectors/..%2Fx%3Cscript%3E
page 404 /connectors/tool/9.9.9
page 404 /connectors/tool/diff/1.0.0
page 404 /publishers/nobody
for path in /nope /search/more /connectors; do
  page 404 "$path"
  says body "There is nothing at this address."
done
[[ $(http GET /nope) == 404 && $(jq -r .code body) == not_found ]] || fail "$(<body)"
[[ $(http GET /v1/nope -H 'Accept: text/html') == 404 && $(jq -r .code body) == not_found ]] || fail "$(<body)"
page 405 /sign-out
says body "This address answers POST only."
page 401 /log
says body 'name="token"'
page 401 /requests
page 400 "/search?q=$(printf 'a%.0s' {1..300})"
[[ $(http GET /connectors/nothing -H 'Accept: */*') == 404 && $(jq -r .code body) == connector_not_found ]] || fail "$(<body)"
[[ $(http GET /v1/connectors/nothing -H 'Accept: text/html') == 404 && $(jq -r .code body) == connector_not_found ]] || fail "$(<body)"
[[ $(http GET "/$(printf '"%.0s' {1..690})/" -H 'Accept: text/html') == 400 ]] || fail "too long to lead anywhere: $(<headers)"
# A slash too many leads to the page without it, and nowhere else; a program is told.
for slashed in /connectors/tool/ '/search/?q=a+b%26c' '/connectors/t%C3%A9/' '/%5C/evil.example/' '/connectors/a%2Fb/'; do
  [[ $(http GET "$slashed" -H 'Accept: text/html') == 308 || $slashed == *%5C* ]] || fail "$slashed: $(<headers)"
  sed -nE 's/^location: (.*)\r/\1/Ip' headers
done >led
printf '%s\n' /connectors/tool '/search?q=a%20b%26c' '/connectors/t%C3%A9' '/connectors/a%2Fb' | diff - led || fail "where a slash too many leads"
expect_http 400 invalid_request GET /connectors/tool/
expect_http 400 invalid_request GET /v1/search/ -H 'Accept: text/html'
expect_http 400 invalid_request GET /connectors/tool// -H 'Accept: text/html'
[[ $(http POST / -d x) == 405 ]] || fail "POST /"
[[ $(http GET /v1/openapi) == 200 && $(jq '[.paths | keys[] | select(startswith("/v1") | not)] | sort | join(" ")' body) != *connectors* ]] ||
  fail "pages in the OpenAPI document"

# --- Signing in ------------------------------------------------------------------------------------------
maria=$("$MKT" token create --role member --subject team --name maria)
ann=$("$MKT" token create --role approver --subject team --name ann)
tom=$("$MKT" token create --role approver --subject team --name tom)
looking=$("$MKT" token create --role approver --subject team --name look --read)

[[ $(form /sign-in --data-urlencode 'token=wrong') == 401 ]] || fail "a wrong token"
sealed /sign-in
says body "The token is not valid"
grep -qi '^www-authenticate: bearer' headers || fail "$(<headers)"
! grep -qi '^set-cookie' headers || fail "a cookie for a wrong token"
for origin in https://evil.example null "http://127.0.0.1:1"; do
  got=$(http POST /sign-in -H "Origin: $origin" --data-urlencode "token=$ann")
  [[ $got == 403 ]] || fail "a form of $origin: $got"
done
[[ $(http POST /sign-in -H 'Sec-Fetch-Site: cross-site' --data-urlencode "token=$ann") == 403 ]] || fail "a form of another site"
[[ $(http POST /sign-in -H 'Sec-Fetch-Site: same-site' --data-urlencode "token=$ann") == 403 ]] || fail "a form of a neighbour"
[[ $(http POST /sign-in -H "Origin: $MKT_REGISTRY" -H 'Content-Type: text/plain' --data-raw "token=$ann") == 400 ]] || fail "no form"

cookie=$(signed_in "$ann")
[[ -n $cookie ]] || fail "no cookie: $(<headers)"
grep -qiE '^set-cookie: mkt-session=[0-9a-f.]{130,}; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800' headers || fail "$(<headers)"
grep -qi '^location: /' headers || fail "$(<headers)"
[[ $(form /sign-in --data-urlencode "token=$ann" --data-urlencode 'to=//evil.example') == 303 ]] || fail "to elsewhere"
grep -qi $'^location: /\r' headers || fail "a sign-in leads elsewhere: $(<headers)"
host=${MKT_REGISTRY#http://}
[[ $(http POST /sign-in -H "Origin: https://$host" --data-urlencode "token=$ann") == 303 ]] || fail "by https"
grep -qiE '^set-cookie: __Host-mkt-session=[0-9a-f.]{130,}; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure' headers || fail "$(<headers)"

# What somebody sees is for that browser alone.
page 200 /connectors/tool -H "Cookie: $cookie"
says body "Sign out"
says body "Nowhere yet"
grep -qi '^cache-control: private, no-store' headers || fail "$(<headers)"
! grep -qi '^etag' headers || fail "an ETag of what somebody sees"
page 200 /connectors/tool
! grep -qE 'Sign out|Installed in' body || fail "others see a session's page"
page 403 /log -H "Cookie: $cookie"
# Publishers have no requests to look at.
acmes=$(signed_in "$("$MKT" token create --role publisher --subject acme --name acme)")
page 200 / -H "Cookie: $acmes"
! grep -q 'href="/requests"' body || fail "a publisher is led to requests"
page 403 /requests -H "Cookie: $acmes"
says body "sign in with a token of your tenant"
page 200 / -H "Cookie: mkt-session=$(printf '0%.0s' {1..64})"
says body "Sign in"

# --- Decisions -------------------------------------------------------------------------------------------
expect_http 202 - POST /v1/tenants/team/installs -H "Authorization: Bearer $maria" -H 'Content-Type: application/json' \
  -d '{"connectorId": "tool"}'
request=$(jq -r .requestId body)
path=/requests/team/$request
page 200 /requests -H "Cookie: $cookie"
says body "$path"
page 200 "$path" -H "Cookie: $cookie"
for text in maria 'capability auth' 'tool drop' '0 of 1' 'not verified' "$path/approve" "$path/deny"; do says body "$text"; done
page 401 "$path"
secret=$(secret_of "$path" "$cookie")
state() { curl -sS -H "Authorization: Bearer $ann" "$MKT_REGISTRY/v1/tenants/team/install-requests/$request" | jq -r "$1"; }
# refused STATUS WHAT [CURL-ARGUMENT…]: nothing is decided.
refused() {
  local want=$1 what=$2 got
  shift 2
  got=$(form "$path/approve" "$@")
  [[ $got == "$want" ]] || { cat body >&2; fail "$what: $got, not $want"; }
  sealed "$path/approve"
  [[ $(state .status) == pending && $(state '.approvals | length') == 0 ]] || fail "$what: it was decided"
}
refused 401 "nobody" --data-urlencode "token=$ann" -d "form=$secret"
refused 403 "no secret" -H "Cookie: $cookie" --data-urlencode "token=$ann"
refused 403 "another secret" -H "Cookie: $cookie" --data-urlencode "token=$ann" -d "form=$(printf '0%.0s' {1..64})"
refused 403 "the secret of another session" -H "Cookie: $cookie" --data-urlencode "token=$ann" \
  -d "form=$(secret_of /requests "$(signed_in "$ann")")"
refused 401 "no token" -H "Cookie: $cookie" -d "form=$secret"
refused 401 "a wrong token" -H "Cookie: $cookie" -d "form=$secret" -d 'token=wrong'
refused 403 "another person's token" -H "Cookie: $cookie" -d "form=$secret" --data-urlencode "token=$tom"
refused 403 "another site" -H "Cookie: $cookie" -H 'Sec-Fetch-Site: cross-site' -d "form=$secret" --data-urlencode "token=$ann"
[[ $(http POST "$path/approve" -H 'Accept: text/html' -H 'Origin: https://evil.example' -H "Cookie: $cookie" -d "form=$secret" \
  --data-urlencode "token=$ann") == 403 && $(state .status) == pending ]] || fail "a form of another origin"
looks=$(signed_in "$looking")
refused 403 "a token that may only read" -H "Cookie: $looks" -d "form=$(secret_of "$path" "$looks")" --data-urlencode "token=$looking"
members=$(signed_in "$maria")
refused 403 "a member" -H "Cookie: $members" -d "form=$(secret_of "$path" "$members")" --data-urlencode "token=$maria"
page 200 "$path" -H "Cookie: $members"
! grep -qF "$path/approve" body || fail "a member is asked to approve"
says body "It waits for those who may approve"

[[ $(form "$path/approve" -H "Cookie: $cookie" -d "form=$secret" --data-urlencode "token=$ann") == 303 ]] || { cat body >&2; fail "not approved"; }
grep -qi "^location: $path" headers || fail "$(<headers)"
[[ $(state .status) == approved && $(state '.approvals[0].approver') == ann ]] || fail "not approved by ann: $(state .)"
page 200 "$path" -H "Cookie: $cookie"
says body approved
! grep -qF "$path/approve" body || fail "what was decided is asked for again"
[[ $(form "$path/approve" -H "Cookie: $cookie" -d "form=$secret" --data-urlencode "token=$ann") == 303 &&
  $(state '.approvals | length') == 1 ]] || fail "approved twice"
page 200 /connectors/tool -H "Cookie: $cookie"
says body 'Installed in'
says body '<th scope="row">team</th>'
others=$("$MKT" token create --role member --subject rivals --name eve)
page 200 /connectors/tool -H "Cookie: $(signed_in "$others")"
! grep -qF '>team<' body || fail "another tenant is told who installed it"
page 403 "$path" -H "Cookie: $(signed_in "$others")"

expect 0 "$MKT" --tenant team policy set requireApprovalForAll=true
expect_http 202 - POST /v1/tenants/team/installs -H "Authorization: Bearer $maria" -H 'Content-Type: application/json' \
  -d '{"connectorId": "nasty"}'
request=$(jq -r .requestId body)
path=/requests/team/$request
page 200 "$path" -H "Cookie: $cookie"
secret=$(secret_of "$path" "$cookie")
[[ $(form "$path/deny" -H "Cookie: $cookie" -d "form=$secret" -d "reason=no" -d token=wrong) == 401 && $(state .status) == pending ]] ||
  fail "denied without the token"
for reason in '' '  '; do
  [[ $(form "$path/deny" -H "Cookie: $cookie" -d "form=$secret" --data-urlencode "reason=$reason" --data-urlencode "token=$ann") == 400 &&
    $(state .status) == pending ]] || fail "denied without a reason"
  says body "Reason must not be empty."
done
[[ $(form "$path/deny" -H "Cookie: $cookie" -d "form=$secret" --data-urlencode 'reason=<script>no</script>' \
  --data-urlencode "token=$ann") == 303 ]] || { cat body >&2; fail "not denied"; }
[[ $(state .status) == denied && $(state .reason) == '<script>no</script>' && $(state .decidedBy) == ann ]] || fail "$(state .)"
page 200 "$path" -H "Cookie: $cookie"
says body '&lt;script&gt;no&lt;/script&gt;'

# --- Ends of sessions --------------------------------------------------------------------------------------
admins=$(signed_in "$token")
page 200 /log -H "Cookie: $admins"
says body request.approve
says body version.publish
page 200 '/status?subject=publisher:acme' -H "Cookie: $admins"
says body publisher:acme
grep -qiE '^cache-control: .*no-store' headers || fail "$(<headers)"
page 200 /status
grep -qi $'^cache-control: no-store\r' headers || fail "$(<headers)"
page 200 '/requests?tenant=team' -H "Cookie: $admins"
says body "$path"
# More requests than a page has: the oldest, which end first, are on the next one.
make_connector many 0.0.0
for i in $(seq 52); do
  sed -i -E "s/(\"version\": *)\"[^\"]*\"/\1\"0.0.$i\"/" many/connector.manifest.json
  "$MKT" publish many >/dev/null 2>&1 || fail "publish many@0.0.$i"
  MKT_TOKEN=$maria http POST /v1/tenants/team/installs -H "Authorization: Bearer $maria" \
    -d "{\"connectorId\": \"many\", \"version\": \"0.0.$i\"}" >status
  [[ $(<status) == 202 ]] || fail "no request: $(<body)"
done
page 200 /requests -H "Cookie: $cookie"
says body '>many 0.0.52</a>'
says body 'id="decided"'
! grep -qF '>many 0.0.2</a>' body || fail "a page has more than 50 requests"
older=$(sed -nE 's/.*rel="next" href="([^"]*)".*/\1/p' body | sed 's/&amp;/\&/g')
page 200 "$older" -H "Cookie: $cookie"
for i in 1 2; do says body ">many 0.0.$i</a>"; done
! grep -qF '>many 0.0.3</a>' body || fail "the next page repeats: $older"
says body '>Newest</a>'
# What the API would not give a browser is not linked.
page 200 /connectors/many -H "Cookie: $cookie"
says body '/v1/connectors/many/0.0.52/tarball'
expect 0 "$MKT" visibility many tenants:team
page 200 /connectors/many -H "Cookie: $cookie"
! grep -qF '/v1/connectors/many' body || fail "a link that leads nowhere"
says body 'mkt download many@0.0.52'
expect 0 "$MKT" visibility many everyone
secret=$(secret_of / "$cookie")
[[ $(form /sign-out -H "Cookie: $cookie" -d form=wrong) == 403 ]] || fail "signed out by another site"
page 200 /requests -H "Cookie: $cookie"
[[ $(form /sign-out -H "Cookie: $cookie" -d "form=$secret") == 303 ]] || fail "sign out"
grep -qi '^set-cookie: mkt-session=; .*Max-Age=0' headers || fail "$(<headers)"
page 401 /requests -H "Cookie: $cookie"
expect 0 "$MKT" log --json
jq -e --arg t "${ann:4:12}" '.entries[-1] | .action == "token.sign-out" and .subject == $t and .actor == "approver:team (token \($t))"' out >/dev/null ||
  fail "the log tells of no sign-out: $(jq -c '.entries[-1]' out)"
# A cookie of another port or of https, which browsers send along, is not in the way; and all end together.
first=$(signed_in "$ann") second=$(signed_in "$ann")
gone=$("$MKT" token create --role member --subject team --name gone)
of_gone=$(signed_in "$gone")
expect 0 "$MKT" token revoke "${gone:4:12}"
page 200 /requests -H "Cookie: __Host-mkt-session=${members#*=}x; $first"
page 200 /requests -H "Cookie: __Host-$first; $second"
page 200 /requests -H "Cookie: __Host-$of_gone; $second"
secret=$(secret_of / "$second")
[[ $(form /sign-out -H "Cookie: __Host-$first; $second" -d "form=$secret") == 303 ]] || fail "sign out of both"
for one in "$first" "$second"; do page 401 /requests -H "Cookie: $one"; done
expect 0 "$MKT" log --json
ended=$(jq '[.entries[] | select(.action == "token.sign-out")] | length' out)
[[ $(form /sign-out -H "Cookie: $second" -d "form=$secret") == 303 ]] || fail "sign out again"
expect 0 "$MKT" log --json
[[ $(jq '[.entries[] | select(.action == "token.sign-out")] | length' out) == "$ended" ]] || fail "it ended twice"
# A revoked token ends its sessions at once.
page 200 /requests -H "Cookie: $members"
expect 0 "$MKT" token revoke "${maria:4:12}"
page 401 /requests -H "Cookie: $members"
page 200 /connectors/tool -H "Cookie: $members"
! grep -qF "Sign out" body || fail "a session outlives its token"

# --- Quarantine ----------------------------------------------------------------------------------------------
page 200 /connectors/user
says body "README"
expect 0 "$MKT" key revoke "$key" --reason-code compromised --reason 'stolen <b>laptop</b>' --yes
page 200 /connectors/tool/1.0.0
says body "In quarantine"
! grep -qE 'helps|id="readme"' body || fail "the README of a quarantined version is shown"
page 200 /connectors/tool/diff/1.0.0...1.1.0
says body "Its files are not shown"
! grep -qF 'really' body || fail "the files of a quarantined version are shown"
page 200 /publishers/acme
says body 'stolen &lt;b&gt;laptop&lt;/b&gt;'
stop_mktd

# --- Settings --------------------------------------------------------------------------------------------------
# Where reads want a token, the pages of the catalog want a session; tokens that are not valid are limited.
no_limits=(--limit auth-failure=3/1m)
start_mktd --reads token
for path in / /search /connectors/tool /connectors/tool/1.0.0 /connectors/tool/diff/1.0.0...1.1.0 /publishers/acme; do
  page 401 "$path"
  says body 'name="token"'
  # The form knows the address that was asked for, and nothing else.
  ! sed "s#value=\"$path\"##" body | grep -ciE 'the tool|acme' >/dev/null || fail "$path tells something"
done
page 200 /sign-in
[[ $(http GET /assets/style.css) == 200 ]] || fail "the sign-in page has no style"
cookie=$(signed_in "$ann")
page 200 /connectors/tool -H "Cookie: $cookie"
page 401 /connectors/tool
for i in 1 2 3; do [[ $(form /sign-in -d token=wrong) == 401 ]] || fail "wrong token $i"; done
[[ $(form /sign-in -d token=wrong) == 429 ]] || fail "tokens can be guessed"
grep -qiE $'^retry-after: [0-9]+\r' headers || fail "it does not say when to come back: $(<headers)"
[[ -n $(signed_in "$ann") ]] || fail "a valid token does not pass"
stop_mktd
# Who signs in again and again is stopped, alone, and can always sign out.
no_limits=(--limit change=3/1m)
start_mktd
bob=$("$MKT" token create --role approver --subject team --name bob)
cookie=$(signed_in "$ann")
for i in 1 2; do cookie=$(signed_in "$ann"); done
[[ $(form /sign-in --data-urlencode "token=$ann") == 429 ]] || fail "sign-ins are not limited"
says body 'role="alert"'
[[ -n $(signed_in "$bob") ]] || fail "one member's sign-ins keep another out"
secret=$(secret_of / "$cookie")
[[ $(form /sign-out -H "Cookie: $cookie" -d "form=$secret") == 303 ]] || fail "kept from signing out"
page 401 /requests -H "Cookie: $cookie"
stop_mktd

start_mktd --web off
expect_http 404 not_found GET /
expect_http 404 not_found GET /connectors/tool
expect_http 200 - GET /v1/connectors/tool
