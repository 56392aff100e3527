#!/usr/bin/env bash
# What every command prints with --json is what mkt-json(7) says, member by member, and no member of the page
# is there only on paper; --format prints what the page shows.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
page=mkt-json.7
export MEMBERS_SEEN=$work/seen
: >seen

# tells STATUS DOCUMENT ARGUMENT…: what the command prints with --json is that document of the page.
tells() {
  local status=$1 document=$2
  shift 2
  expect "$status" "$MKT" --json "$@"
  jq -es 'length == 1' out >/dev/null || { cat out >&2; fail "not one document: $*"; }
  fits $page document "$document" . out
}
# as_of NAME: the options for NAME's token and the tenant, a line each.
as_of() { printf '%s\n' --tenant team --token-file "$1.token"; }
request_id() { "$MKT" --json --tenant team request list --status pending | jq -r '.requests[0].id'; }
change() { # change FOLDER OLD NEW: another version of the connector
  sed -i "s/\"version\": \"$2\"/\"version\": \"$3\"/" "$1/connector.manifest.json"
}

start_mktd

# --- without a connector
tells 0 mkt-version version
tells 0 help help
tells 0 help help key revoke
tells 0 help help json
tells 0 completion completion bash
tells 0 config-list config list
tells 0 config-path config path
tells 0 setting config get registry
tells 3 error config get tenant
tells 2 error nonsense
tells 0 config-set config set cache_size 1GiB
tells 0 config-unset config unset cache_size
tells 0 status status
tells 0 whoami whoami
tells 0 whoami --tenant team whoami
tells 0 logout logout
echo "$token" >admin.token
tells 0 login login --with-token <admin.token
tells 0 logout logout
tells 0 doctor doctor

# --- a package of npm
mkdir package
echo '{"name": "@acme/tickets", "version": "1.4.0"}' >package/package.json
tar czf tickets.tgz package
tells 0 import import tickets.tgz imported

# --- keys and publishers
tells 0 own-key key generate --publisher acme --no-passphrase
key=$(jq -r .keyId out)
tells 0 key-list key list
tells 0 publisher publisher register acme --display-name Acme --email dev@acme.example --key "$key"
tells 0 own-key key show "$key"
tells 0 key-export key export "$key"
tells 0 publisher publisher show acme
tells 0 publisher-list publisher list
tells 0 publisher publisher verify acme
tells 0 publisher publisher suspend acme --reason 'under review'
tells 0 publisher publisher restore acme
tells 0 publisher publisher verify acme --undo
openssl genpkey -algorithm ed25519 -out foreign.pem
tells 0 own-key key import foreign.pem --publisher acme --no-passphrase
spare=$(jq -r .keyId out)
tells 0 key key add "$spare" --expires 30d
tells 0 key-remove key remove "$spare" --force
tells 0 key-refresh key refresh
tells 0 key-trust key trust acme --fingerprint "$("$MKT" --json key show "$key" | jq -r .fingerprint)"
tells 0 key-trust-list key trust
tells 0 key-trust key trust acme --remove

# --- from a folder to the registry
tells 0 init init tickets --yes
mkdir -p tickets/node_modules/left
echo 'export {}' >tickets/node_modules/left/index.js
cp foreign.pem tickets/id_rsa
jq '.capabilities += ["messaging"] | .changelog = "first" | .releaseNotes = "none" | .repository = "https://acme.example/code" |
    .homepage = "https://acme.example/docs"' tickets/connector.manifest.json >edited
mv edited tickets/connector.manifest.json
tells 0 pack pack tickets --list
tells 0 pack pack tickets
make_connector leak
echo 'TOKEN=secret' >leak/.env
echo '!.env' >leak/.mktignore
tells 0 publish publish leak --dry-run --allow-secrets
tells 0 sign sign tickets-0.1.0.tgz
tells 0 verify-file verify tickets-0.1.0.tgz
tells 0 publish publish tickets --dry-run
tells 0 publish publish tickets
tells 0 publish publish tickets
tells 0 publish publish tickets-0.1.0.tgz
make_connector app
jq '.dependencies = {tickets: "*"}' app/connector.manifest.json >edited
mv edited app/connector.manifest.json
tells 0 publish publish app
echo '// more' >>app/index.js
tells 8 error publish app
tells 0 search search tickets
tells 0 info info tickets
tells 0 version info tickets@0.1.0
tells 3 several info tickets nothing
fits $page document info .results.0 out
fits $page document failed-target .results.1 out
tells 0 download download tickets --force
tells 0 owner owner list tickets

# --- here
tells 0 install install app
tells 0 install install app
tells 0 list list
block $page session format >session
mkdir -p programs
ln -s "$MKT" programs/mkt
sed -n 's/^\$ //p' session | while read -r command; do
  echo "\$ $command"
  PATH=$work/programs:$PATH bash -c "$command" || fail "$command"
done >printed
diff session printed >&2 || fail "--format prints other lines than $page shows"
for bad in '{' '}' '{}' '{a..b}' '\q' '{id:nonsense}'; do expect 2 "$MKT" list --format "$bad"; done
tells 0 verify-folder verify connectors/tickets
tells 0 several verify connectors/tickets connectors/app
fits $page document verify-folder .results out
tells 0 audit audit
change tickets 0.1.0 0.2.0
rm tickets/id_rsa
"$MKT" publish tickets >/dev/null 2>&1
tells 0 outdated outdated
tells 0 diff diff tickets@0.1.0
tells 0 diff diff tickets@0.1.0 tickets --summary
tells 0 hold-row hold tickets@0.1.x
tells 0 hold hold
tells 0 outdated outdated
tells 0 hold-row hold tickets --undo
tells 0 install update
tells 0 install update
tells 0 several uninstall app tickets
fits $page document uninstall .results out
tells 0 version deprecate tickets@0.1.0 --reason 'use 0.2.0'
tells 0 several deprecate tickets@0.1.0 tickets@0.2.0 --undo
fits $page document version .results out
tells 0 taken-out quarantine tickets@0.1.0 --reason 'calls home'
tells 0 version quarantine tickets@0.1.0 --undo --reason 'it does not'
expect 0 "$MKT" visibility tickets tenants:team
tells 0 info info tickets
tells 0 visibility visibility tickets
tells 0 visibility visibility tickets everyone
tells 0 taken-out withdraw tickets@0.2.0 --reason-code mistake --reason 'too early' --dry-run
make_connector gone
expect 0 "$MKT" publish gone
tells 0 taken-out withdraw gone@1.0.0 --reason-code mistake --reason 'too early' --yes
tells 0 version info gone@1.0.0
tells 0 cache-show cache show
cached=$(find "$XDG_CACHE_HOME/mkt/tarballs" -type f -name '*.tgz' | head -n 1)
[[ -n $cached ]] || cached=$(find "$XDG_CACHE_HOME/mkt/tarballs" -type f -size +200c | head -n 1)
chmod u+w "$cached"
flip_byte "$cached" 20
tells 10 cache-verify cache verify
tells 0 cache-prune cache prune --all

# --- a tenant
tells 0 token-create token create --role member --subject team --name bob
jq -r .token out >bob.token
"$MKT" token create --role approver --subject team --name alice >alice.token 2>/dev/null
tells 0 token-list token list
for name in bob alice; do mapfile -t "$name" < <(as_of "$name"); done
# shellcheck disable=SC2154
{
  tells 0 policy-in-force --tenant team policy show
  tells 0 policy-in-force --tenant team policy set requireApprovalForAll=true
  tells 0 policy-history --tenant team policy show --history
  tells 0 policy-check "${bob[@]}" policy check tickets
  tells 5 install-waits "${bob[@]}" install tickets@0.1.0
  id=$(request_id)
  tells 0 request-list "${alice[@]}" request list
  tells 0 request-show "${alice[@]}" request show "$id"
  tells 0 request-approve "${alice[@]}" request approve "$id"
  tells 0 request "${alice[@]}" request watch "$id"
  tells 0 install "${bob[@]}" install tickets@0.1.0
  tells 5 install-waits "${bob[@]}" update
  id=$(request_id)
  tells 0 request-show "${alice[@]}" request show "$id" --diff
  tells 0 request "${alice[@]}" request deny "$id" --reason 'not yet'
  tells 4 error "${bob[@]}" request watch "$id"
  tells 0 request "${alice[@]}" request cancel "$id"
  tells 5 install-waits "${bob[@]}" install tickets@0.2.0
}
tells 0 token-revoke token revoke "$("$MKT" --json token list | jq -r '.tokens[] | select(.name == "bob") | .id')"

# --- a bad day
tells 0 key-rotate key rotate "$key" --no-passphrase
new=$(jq -r .keyId out)
tells 0 key-revoke key revoke "$key" --reason-code compromised --reason stolen --dry-run
tells 0 key-revoke key revoke "$key" --reason-code compromised --reason stolen --yes
tells 0 version info tickets@0.2.0
tells 4 error audit
tells 0 version sign --countersign tickets@0.1.0 --key "$new"
tells 0 audit audit
register partner
tells 0 owner owner add tickets partner
tells 0 owner owner remove tickets partner
tells 8 error owner remove tickets acme
tells 0 log log
tells 0 limit-show limit show publisher:acme

# --- limits, and when to come back
stop_mktd
no_limits=()
start_mktd --limit search=1/1h
tells 0 limit-show limit show
tells 0 search search tickets
tells 9 error search tickets
[[ $(jq '.retryAfter > 0 and .retryAfter <= 3600' out) == true ]] || fail "retryAfter: $(<out)"
tells 0 limit limit reset search address:127.0.0.1

# Each member of the page was there, but for those that the registry or mkt leaves out here: what a version's
# row does not have yet, and what only a failure of the machine brings.
tolerated='
audit-row.(checksum|size|keyId)
breaker\..*
hold-row.(checksum|size|keyId)
installation.(config|size|keyId)
installed.size
key.endorse(dBy|ment)
list-row.size
outdated-row.(connectorId|version|checksum|size|keyId)
owner.connectorId
part.reason
policy-check.(checksum|size|keyId)
request.(size|keyId)
review.obstacle
uninstall.(checksum|size|keyId)
verify-folder.size'
for name in $(blocks $page document); do
  block $page document "$name" | sed -nE "s/^([A-Za-z0-9]+)\?? .*/$name.\1/p"
done | sort -u >listed
sort -u seen | comm -13 - listed | grep -vxE -f <(sed '/^$/d' <<<"$tolerated") >unseen || true
[[ ! -s unseen ]] || fail "members of $page that no command printed: $(tr '\n' ' ' <unseen)"

# Every command of mkt has a section.
sed -nE 's/^\.Ss mkt ([a-z]+).*/\1/p' "$SOURCE/man/$page" | sort -u >sections
"$MKT" __complete -- '' | cut -f1 | sort | comm -23 - sections >missing
[[ ! -s missing ]] || fail "commands without a section in $page: $(tr '\n' ' ' <missing)"
