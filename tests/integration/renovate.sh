#!/usr/bin/env bash
# The configuration for Renovate in mkt-protocol(7): it is JSON, and what its template takes from the
# registry's answer is there. Where node finds jsonata, the template is run as Renovate runs it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"

block mkt-protocol.7 example renovate | tr '\n' ' ' >renovate.json
jq -e '.customDatasources.mkt.transformTemplates | length == 1' renovate.json >/dev/null || fail "no JSON: $(<renovate.json)"
jq -r '.customDatasources.mkt.transformTemplates[0]' renovate.json >template
jq -r '.customManagers[0].matchStrings[0]' renovate.json >pattern

start_mktd
export MKT_TOKEN=$token
register acme
for version in 1.0.0 1.1.0 1.2.0; do
  make_connector tool "$version"
  jq '.repository = "https://git.acme.example/tool"' tool/connector.manifest.json >m && mv m tool/connector.manifest.json
  expect 0 "$MKT" publish tool
done
expect 0 "$MKT" deprecate tool@1.0.0 --reason old
expect 0 "$MKT" quarantine tool@1.2.0 --reason bad
expect_http 200 - GET /v1/connectors/tool
jq -e '.versionDetails | length == 3 and all(.[]; (.version | type) == "string" and (.publishedAt | type) == "string" and
  (.deprecated | type) == "boolean" and (.quarantined | type) == "boolean" and (.tarballChecksum | startswith("sha256:")))' body >/dev/null ||
  fail "not the members that the template takes: $(<body)"
[[ $(jq -r .repositoryUrl body) == https://git.acme.example/tool ]] || fail "repositoryUrl: $(<body)"
echo 'mkt install tool@1.0.0 --frozen' | perl -e 'my $p = do { local @ARGV = "pattern"; <> }; chomp $p; $_ = <STDIN>;
  /$p/ && $+{depName} eq "tool" && $+{currentValue} eq "1.0.0" or die "no match\n"' || fail "the pattern does not find a version"

if ! node -e 'require("jsonata")' 2>/dev/null; then
  echo "skipped: running the template (needs node with jsonata)"
  exit 0
fi
node -e 'const [template, body] = ["template", "body"].map(f => require("fs").readFileSync(f, "utf8"));
  require("jsonata")(template).evaluate(JSON.parse(body)).then(r => console.log(JSON.stringify(r)))' >releases.json
jq -e '([.releases[].version] == ["1.1.0", "1.0.0"]) and .releases[1].isDeprecated and (.releases[0].isDeprecated | not) and
  .sourceUrl == "https://git.acme.example/tool"' releases.json >/dev/null || fail "the template gives $(<releases.json)"
