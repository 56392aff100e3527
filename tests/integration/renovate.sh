#!/usr/bin/env bash
# The configuration for Renovate in mkt-protocol(7): it is JSON, and what its template takes from the
# registry's answer is there. Where node finds jsonata, the template is run as Renovate runs it. Where there is
# a Renovate, it looks for updates itself: RENOVATE is its command, "renovate" by default.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"

block mkt-protocol.7 example renovate | tr '\n' ' ' >renovate.json
jq -e '.customDatasources.mkt.transformTemplates | length == 1' renovate.json >/dev/null || fail "no JSON: $(<renovate.json)"
jq -r '.customDatasources.mkt.transformTemplates[0]' renovate.json >template
jq -r '.customManagers[0].matchStrings[0]' renovate.json >pattern
block mkt-protocol.7 example renovate-token >token.json
jq -e '.hostRules[0].token == "TOKEN"' token.json >/dev/null || fail "no JSON: $(<token.json)"

start_mktd
export MKT_TOKEN=$token
register acme
publish() { # publish ID VERSION
  make_connector "$1" "$2"
  jq '.repository = "https://git.acme.example/tool"' "$1/connector.manifest.json" >m && mv m "$1/connector.manifest.json"
  expect 0 "$MKT" publish "$1"
}
for version in 1.0.0 1.1.0 1.2.0; do publish tool "$version"; done
expect 0 "$MKT" deprecate tool@1.0.0 --reason old
expect 0 "$MKT" quarantine tool@1.2.0 --reason bad
expect_http 200 - GET /v1/connectors/tool
jq -e '.versionDetails | length == 3 and all(.[]; (.version | type) == "string" and (.publishedAt | type) == "string" and
  (.deprecated | type) == "boolean" and (.quarantined | type) == "boolean" and (.tarballChecksum | startswith("sha256:")))' body >/dev/null ||
  fail "not the members that the template takes: $(<body)"
[[ $(jq -r .repositoryUrl body) == https://git.acme.example/tool ]] || fail "repositoryUrl: $(<body)"
echo 'mkt install tool@1.0.0 --frozen' | perl -e 'my $p = do { local @ARGV = "pattern"; <> }; chomp $p; $_ = <STDIN>;
  /$p/ && $+{depName} eq "tool" && $+{currentValue} eq "1.0.0" or die "no match\n"' || fail "the pattern does not find a version"

if node -e 'require("jsonata")' 2>/dev/null; then
  node -e 'const [template, body] = ["template", "body"].map(f => require("fs").readFileSync(f, "utf8"));
    require("jsonata")(template).evaluate(JSON.parse(body)).then(r => console.log(JSON.stringify(r)))' >releases.json
  jq -e '([.releases[].version] == ["1.1.0", "1.0.0"]) and .releases[1].isDeprecated and (.releases[0].isDeprecated | not) and
    .sourceUrl == "https://git.acme.example/tool"' releases.json >/dev/null || fail "the template gives $(<releases.json)"
else
  echo "skipped: running the template (needs node with jsonata)"
fi

# --- Renovate itself --------------------------------------------------------------------------------------
read -ra renovate <<<"${RENOVATE:-renovate}"
if ! command -v "${renovate[0]}" >/dev/null; then
  echo "skipped: running Renovate (needs renovate, or its command in RENOVATE)"
  exit 0
fi
publish tool 1.3.0
expect 0 "$MKT" withdraw tool@1.3.0 --reason-code mistake --reason "the wrong branch" --yes
publish tool 1.4.0-rc.1
publish tool 2.0.0
for version in 1.0.0 1.1.0; do publish gone "$version"; done
expect 0 "$MKT" quarantine gone@1.1.0 --reason bad
for version in 1.0.0-rc.1 1.0.0-rc.2; do publish early "$version"; done
for version in 1.0.0 1.1.0; do publish secret "$version"; done
expect 0 "$MKT" visibility secret tenants:team
member=$("$MKT" token create --role member --subject team --name renovate 2>/dev/null)

mkdir project
git -C project init -q
cat >project/setup.sh <<'SCRIPT'
mkt install tool@1.0.0 --frozen
mkt install gone@1.0.0
mkt install early@1.0.0-rc.1
mkt install secret@1.0.0
mkt install tool@^1.0
SCRIPT
echo 'run: mkt install "tool@1.1.0"' >project/ci.yml # none of ours: the name is quoted
echo 'run: mkt install tool@1.1.0' >project/deploy.yaml
echo 'mkt install tool@1.0.0' >project/README.md

# look: runs Renovate; prints "FILE: NAME@FROM -> TO …" for each version it found.
look() {
  jq --arg at "$MKT_REGISTRY" '.customDatasources.mkt.defaultRegistryUrlTemplate |= sub("https://registry.acme.example"; $at)' \
    renovate.json >project/renovate.json
  git -C project add .
  rm -f report.json
  (cd project && LOG_LEVEL=debug RENOVATE_BASE_DIR=$work/renovate RENOVATE_REPORT_TYPE=file RENOVATE_REPORT_PATH=$work/report.json \
    "${renovate[@]}" --platform=local --dry-run=lookup) >renovate.log 2>&1 || { cat renovate.log >&2; fail "Renovate failed"; }
  jq -r '.repositories[].packageFiles.regex[] | .packageFile as $file | .deps[] |
    "\($file): \(.depName)@\(.currentValue) ->" + ([.updates[] | " " + .newVersion] | add // "")' report.json | sort
}
finds() { # finds WHO LINE…
  local who=$1
  shift
  look >found
  diff <(printf '%s\n' "$@") found >&2 || fail "Renovate finds something else $who"
}
finds "without a token" "deploy.yaml: tool@1.1.0 -> 2.0.0" "setup.sh: early@1.0.0-rc.1 -> 1.0.0-rc.2" "setup.sh: gone@1.0.0 ->" \
  "setup.sh: secret@1.0.0 ->" "setup.sh: tool@1.0.0 -> 1.1.0 2.0.0"
[[ $(jq -r '[.repositories[].packageFiles.regex[].deps[] | select(.depName == "tool") | .sourceUrl] | unique | join(" ")' report.json) == https://git.acme.example/tool ]] ||
  fail "Renovate was not told where the source is"
grep -qF ": Config migration necessary" renovate.log && fail "the configuration is of an older Renovate"

# Where reading wants a token, the host rules have it.
stop_mktd
start_mktd --reads token
finds "without the token that is needed" "deploy.yaml: tool@1.1.0 ->" "setup.sh: early@1.0.0-rc.1 ->" "setup.sh: gone@1.0.0 ->" \
  "setup.sh: secret@1.0.0 ->" "setup.sh: tool@1.0.0 ->"
RENOVATE_HOST_RULES=$(jq -c --arg at "$MKT_REGISTRY" --arg token "$member" '.hostRules[0] |= (.matchHost = $at | .token = $token) | .hostRules' token.json)
export RENOVATE_HOST_RULES
finds "with a token" "deploy.yaml: tool@1.1.0 -> 2.0.0" "setup.sh: early@1.0.0-rc.1 -> 1.0.0-rc.2" "setup.sh: gone@1.0.0 ->" \
  "setup.sh: secret@1.0.0 -> 1.1.0" "setup.sh: tool@1.0.0 -> 1.1.0 2.0.0"
