#!/usr/bin/env bash
# mkt import: packages of npm from a registry on this machine, MCP bundles and extensions become connectors
# that are packed, published and installed at once, and say where they came from; or nothing is left.
source "$(dirname "$0")/lib.sh"

for program in python3 npm; do type -P $program >/dev/null || skip "import: there is no $program"; done
unset npm_config_registry NPM_CONFIG_REGISTRY NPM_CONFIG_USERCONFIG npm_config_userconfig \
  NPM_CONFIG_CAFILE npm_config_cafile

web=
cleanup() { [[ -z $web ]] || kill "$web" 2>/dev/null; }

# nothing_left WHAT: neither a folder nor a part of one.
nothing_left() {
  local left
  left=$(find here -mindepth 1 | head)
  [[ -z $left ]] || fail "$1 left: $left"
}
mkdir here

# --- A registry of npm: files behind python3's server, with tarballs by npm itself.
mkdir -p site/tickets-source/lib
cat >site/tickets-source/package.json <<'JSON'
{"name": "@acme/tickets", "version": "1.4.0", "description": "Files tickets", "license": "MIT",
 "author": "Acme Inc. <dev@acme.example>", "main": "lib/index.js", "keywords": ["tickets"],
 "scripts": {"postinstall": "touch /tmp/never"}, "dependencies": {"left": "^1.0.0"}}
JSON
echo "export const hello = () => 1;" >site/tickets-source/lib/index.js
echo "# Tickets" >site/tickets-source/README.md
pack_npm() { (cd site && npm pack --silent --offline ./tickets-source >/dev/null 2>npm.err) || { cat site/npm.err >&2; fail "npm pack"; }; }
pack_npm
sed -i 's/1\.4\.0/1.5.0/' site/tickets-source/package.json
pack_npm
python3 -u -m http.server --bind 127.0.0.1 --directory site 0 >web.log 2>&1 &
web=$!
wait_for "the npm registry" grep -q 'port [0-9]' web.log
npm_registry=http://127.0.0.1:$(grep -oE 'port [0-9]+' web.log | cut -d' ' -f2)
integrity() { echo "sha512-$(openssl dgst -sha512 -binary "$1" | base64 -w0)"; }
mkdir -p site/@acme
publish_npm() { # INTEGRITY-OF-1.4.0
  jq -n --arg url "$npm_registry" --arg one "$1" --arg two "$(integrity site/acme-tickets-1.5.0.tgz)" \
    --arg sum "$(sha1sum <site/acme-tickets-1.4.0.tgz | cut -d' ' -f1)" '
    def release($v; $dist): {name: "@acme/tickets", version: $v, dist: ({tarball: "\($url)/acme-tickets-\($v).tgz"} + $dist)};
    {name: "@acme/tickets", "dist-tags": {latest: "1.4.0", next: "1.5.0"}, versions: {
      "1.4.0": release("1.4.0"; if $one == "" then {shasum: $sum} else {integrity: $one, shasum: $sum} end),
      "1.5.0": release("1.5.0"; {integrity: $two})}}' >site/@acme/tickets
}
publish_npm "$(integrity site/acme-tickets-1.4.0.tgz)"

# --- Which registry is asked.
expect 2 "$MKT" import npm:@acme/tickets here/a
says err "--npm-registry URL, npm_config_registry, or a line registry=URL in .npmrc"
nothing_left "an import without a registry"
expect 2 "$MKT" import npm:@acme/tickets here/a --npm-registry http://npm.acme.example
says err "http is for this machine alone"
expect 2 "$MKT" import npm:@acme/tickets here/a --npm-registry https://me:secret@npm.acme.example
grep -q secret err && fail "a password is shown"
echo "registry=$npm_registry" >"$HOME/.npmrc"
expect 0 "$MKT" import npm:@acme/tickets here/a --json
[[ $(jq -r .origin.version out) == 1.4.0 ]] || fail "latest is 1.4.0"
echo "@acme:registry=http://127.0.0.1:1" >.npmrc
expect 7 "$MKT" import npm:@acme/tickets here/b
expect 0 env npm_config_registry=http://127.0.0.1:1 "$MKT" import npm:@acme/tickets here/b --npm-registry "$npm_registry/"
rm -rf .npmrc here/?
expect 0 env NPM_CONFIG_REGISTRY="$npm_registry" HOME="$work/nowhere" "$MKT" import npm:@acme/tickets@next here/a --json
[[ $(jq -r .version out) == 1.5.0 ]] || fail "next is 1.5.0"
rm -rf here/a

# --- From npm to an installed connector.
start_mktd
register acme
expect 0 "$MKT" import npm:@acme/tickets@^1.4
says out "imported npm @acme/tickets 1.4.0 as the connector acme-tickets@1.4.0 in acme-tickets (3 files"
says err "npm runs postinstall when it installs the package; mkt runs no scripts"
says err "left@^1.0.0"
says err "then: mkt publish acme-tickets"
diff -r site/tickets-source/lib acme-tickets/lib || fail "the files differ"
jq -e --arg i "$(integrity site/acme-tickets-1.4.0.tgz)" --arg u "$npm_registry/acme-tickets-1.4.0.tgz" '
  .id == "acme-tickets" and .author == "Acme Inc." and .license == "MIT" and .entrypoint == "lib/index.js" and
  .origin == {type: "npm", name: "@acme/tickets", version: "1.4.0", integrity: $i, url: $u}' \
  acme-tickets/connector.manifest.json >/dev/null || { cat acme-tickets/connector.manifest.json >&2; fail "the manifest"; }
expect 0 "$MKT" pack acme-tickets -o packed.tgz
expect 0 "$MKT" publish acme-tickets
expect 0 "$MKT" install acme-tickets
cmp connectors/acme-tickets/lib/index.js site/tickets-source/lib/index.js || fail "what is installed differs"
expect 0 "$MKT" info acme-tickets@1.4.0
says out "origin     npm @acme/tickets 1.4.0"
expect 0 "$MKT" info acme-tickets@1.4.0 --json
[[ $(jq -r .manifest.origin.name out) == @acme/tickets ]] || fail "--json has no origin"
expect_http 200 - GET /connectors/acme-tickets
says body "<dt>Origin</dt><dd>npm @acme/tickets 1.4.0</dd>"

# --- The registry's word is held to.
expect 3 "$MKT" import npm:@acme/none here/x
says err "has no package @acme/none"
expect 3 "$MKT" import npm:@acme/tickets@^2 here/x
says err "has no version ^2"
publish_npm "$(integrity site/acme-tickets-1.5.0.tgz)"
expect 4 "$MKT" import npm:@acme/tickets here/x
says err "the npm registry says sha512-"
publish_npm md5-kAFQmDzST7DWlj99KOF/cg==
expect 4 "$MKT" import npm:@acme/tickets here/x
# A digest that is spoilt leaves nothing to the weaker one beside it.
publish_npm "sha512-AAAA sha1-$(openssl dgst -sha1 -binary site/acme-tickets-1.4.0.tgz | base64 -w0)"
expect 4 "$MKT" import npm:@acme/tickets here/x
publish_npm ""
expect 0 "$MKT" import npm:@acme/tickets here/weak
says err "no digest but SHA-1"
rm -rf here/weak
# What stands in the tarball's URL behind ? may be a token.
sed -i 's/1\.4\.0\.tgz"/1.4.0.tgz?token=secret#x"/' site/@acme/tickets
expect 0 "$MKT" import npm:@acme/tickets here/token --json
[[ $(jq -r .origin.url out) == "$npm_registry/acme-tickets-1.4.0.tgz" ]] || fail "the origin's URL has a query"
grep -rq secret here/token && fail "a token is kept"
rm -rf here/token
# A tarball that says it is another package.
cp site/acme-tickets-1.4.0.tgz site/kept.tgz
cp site/acme-tickets-1.5.0.tgz site/acme-tickets-1.4.0.tgz
publish_npm "$(integrity site/acme-tickets-1.4.0.tgz)"
expect 2 "$MKT" import npm:@acme/tickets here/x
says err "says that it is @acme/tickets@1.5.0"
mv site/kept.tgz site/acme-tickets-1.4.0.tgz
nothing_left "a package that is refused"

# --- Where it may be put.
mkdir -p here/full here/empty
touch here/full/mine here/file
for target in here/full here/file .; do
  expect 8 "$MKT" import site/acme-tickets-1.4.0.tgz "$target"
done
[[ $(ls -A here/full) == mine ]] || fail "a folder that is not empty was written to"
expect 0 "$MKT" import site/acme-tickets-1.4.0.tgz here/empty
expect 0 "$MKT" import site/acme-tickets-1.4.0.tgz here/deep/er --id other --json
[[ $(jq -r '.id, .folder' out | paste -sd' ') == "other here/deep/er" ]] || fail "--id and DIR"
# However the folder is written; one that is there stays as private as it is.
mkdir -m 700 private
for folder in missing/one new/ private/ ./missing/two/.; do
  expect 0 "$MKT" import site/acme-tickets-1.4.0.tgz "$folder"
  [[ -s $folder/connector.manifest.json ]] || fail "nothing in $folder"
done
[[ $(stat -c %a private) == 700 ]] || fail "a private folder was opened: $(stat -c %a private)"
touch file
expect 8 "$MKT" import site/acme-tickets-1.4.0.tgz file/below
says err "lies below a file"
expect 2 "$MKT" import site/acme-tickets-1.4.0.tgz here/x --id 'No Id'
expect 8 "$MKT" import site/acme-tickets-1.4.0.tgz
expect 2 "$MKT" import site/acme-tickets-1.4.0.zip
expect 3 "$MKT" import missing.tgz here/x
jq -e --arg s "$(sha256sum <site/acme-tickets-1.4.0.tgz | cut -d' ' -f1)" \
  '.origin == {type: "tgz", file: "acme-tickets-1.4.0.tgz", sha256: $s, name: "@acme/tickets", version: "1.4.0"}' \
  here/empty/connector.manifest.json >/dev/null || fail "the origin of a file"
rm -rf here/*

# --- Interrupted: nothing with the target's name, and what is left the next import removes.
python3 - <<'PY'
import io, os, tarfile
with tarfile.open("slow.tgz", "w:gz", compresslevel=1) as tar:
    def add(name, data):
        info = tarfile.TarInfo("package/" + name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    add("package.json", b'{"name": "slow", "version": "1.0.0"}')
    for i in range(1000):
        add("lib/%d.js" % i, os.urandom(4000))
PY
for ((i = 0; i < 4; i++)); do
  "$MKT" import slow.tgz here/slow >out 2>err &
  pid=$!
  is_unpacking() { [[ -n $(find here -name '[0-9]*.js' -print -quit) ]] || ! kill -0 $pid; }
  wait_for "the import to unpack" is_unpacking
  kill -KILL $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
  [[ ! -e here/slow ]] || { [[ $(find here/slow -type f | wc -l) == 1002 ]] || fail "half a folder"; rm -rf here/slow; }
done
expect 0 "$MKT" import slow.tgz here/slow
[[ $(ls -A here) == slow ]] || { ls -A here >&2; fail "a killed import left something"; }
rm -rf here/*

# --- An MCP bundle and an extension, by python3's zipfile, up to the registry.
python3 - <<'PY'
import json, zipfile
with zipfile.ZipFile("mail.mcpb", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("manifest.json", json.dumps({
        "manifest_version": "0.3", "name": "Acme Mail", "display_name": "Mail", "version": "2.0.0",
        "description": "Sends mail", "author": {"name": "Acme"}, "license": "MIT",
        "server": {"type": "node", "entry_point": "server/index.js", "mcp_config": {"command": "node",
            "args": ["${__dirname}/server/index.js"], "env": {"MAIL_KEY": "${user_config.key}"}}},
        "user_config": {"key": {"type": "string", "title": "Key", "sensitive": True, "required": True}},
        "tools": [{"name": "send", "description": "Sends a mail"}]}))
    z.writestr("server/index.js", "console.log(1)\n")
with zipfile.ZipFile("words.vsix", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("extension.vsixmanifest", "<PackageManifest/>")
    z.writestr("[Content_Types].xml", "<Types/>")
    z.writestr("extension/package.json", json.dumps({
        "name": "words", "publisher": "Acme", "version": "0.3.0", "displayName": "%name%", "license": "MIT",
        "main": "./out/main", "engines": {"vscode": "^1.80.0"}, "contributes": {"commands": []}}))
    z.writestr("extension/package.nls.json", json.dumps({"name": "Words"}))
    z.writestr("extension/out/main.js", "exports.activate = () => {}\n")
def hostile(name, members):
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as z:
        for path, data in members: z.writestr(path, data)
good = ("manifest.json", "{}")
hostile("climbs.mcpb", [good, ("../out", "x")])
hostile("twins.mcpb", [good, ("a", "x"), ("A", "y")])
hostile("bomb.mcpb", [good, ("a", b"\0" * 30000000)])
link = zipfile.ZipInfo("link"); link.external_attr = 0o120777 << 16
hostile("link.mcpb", [good, (link, "/etc/passwd")])
hostile("none.mcpb", [("readme", "x")])
data = bytearray(open("mail.mcpb", "rb").read())
data[6] |= 1; data[data.rindex(b"PK\1\2") + 8] |= 1
open("locked.mcpb", "wb").write(data)
open("cut.mcpb", "wb").write(data[:200])
PY
expect 0 "$MKT" import mail.mcpb
says out "imported mcpb mail.mcpb (Acme Mail 2.0.0) as the connector acme-mail@2.0.0"
says err "acme-mail was made from the package's name Acme Mail; --id ID gives another"
expect 0 "$MKT" publish acme-mail
expect_http 200 - GET '/v0.1/servers?search=acme-mail'
jq -e '.servers[0].server.packages[0] | .runtimeHint == "node" and .packageArguments[0].value == "server/index.js" and
  .environmentVariables == [{"name": "MAIL_KEY", "description": "Key", "format": "string", "isRequired": true, "isSecret": true}]' \
  body >/dev/null || { cat body >&2; fail "the MCP registry has another server"; }
expect 0 "$MKT" info acme-mail@2.0.0
says out "origin     mcpb mail.mcpb (Acme Mail 2.0.0)"
expect 0 "$MKT" import words.vsix
says err "only VS Code knows what to do with: commands"
[[ $(jq -r '.id, .displayName, .entrypoint, .origin.name' acme-words/connector.manifest.json | paste -sd' ') == "acme-words Words out/main.js Acme.words" ]] ||
  fail "the extension's manifest"
[[ ! -e acme-words/extension.vsixmanifest ]] || fail "what is beside extension/ was taken"
expect 0 "$MKT" publish acme-words
for hostile in climbs twins bomb link locked; do
  expect 4 "$MKT" import $hostile.mcpb here/x
done
expect 2 "$MKT" import none.mcpb here/x
says err "the package has no manifest.json"
cp none.mcpb none.vsix
expect 2 "$MKT" import none.vsix here/x
says err "the package has no extension/package.json"
expect 2 "$MKT" import cut.mcpb here/x
nothing_left "a hostile archive"
[[ ! -e out.txt && ! -e "$work/../out" ]] || fail "a file was written outside"

# --- A package that brings its own manifest keeps it.
make_connector mine 3.0.0
mkdir own
cp -r mine own/package
echo '{"name": "mine-js", "version": "3.0.0"}' >own/package/package.json
tar -C own -czf own.tgz package
expect 0 "$MKT" import own.tgz here/mine
jq -e '.id == "mine" and .tools[0].name == "t" and .origin.name == "mine-js"' here/mine/connector.manifest.json >/dev/null ||
  fail "its own manifest was not kept"
says err "the package is called mine-js"

# --- What mkt pack would refuse is not imported.
python3 - <<'PY'
import io, json, tarfile
own = {"manifestVersion": "1.0", "id": "acme-mail", "version": "9.9.9", "displayName": "Mail", "description": "official",
       "author": "Acme Inc.", "license": "MIT", "entrypoint": "i.js", "capabilities": ["custom"],
       "tools": [{"name": "send", "policyClass": "READ"}]}
tick = '{"name": "tick", "version": "1.0.0", "author": "a", "main": "i.js"}'
def package(name, files):
    with tarfile.open(name + ".tgz", "w:gz", compresslevel=1) as tar:
        for path, text in files.items():
            info = tarfile.TarInfo("package/" + path)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
def refused(name, files): package(name, {"package.json": tick, "i.js": "1", **files})
refused("folder", {"connector.manifest.json/x": ""})
refused("twin", {"Connector.Manifest.json": "{}"})
refused("hidden", {"Connector.Manifest.json": "{}", ".mktignore": "Connector.Manifest.json\n"})
refused("ignored", {".mktignore": "i.js\n"})
refused("missing", {"connector.manifest.json": json.dumps({**own, "entrypoint": "gone.js"})})
refused("many", {"lib/%d.js" % i: "" for i in range(19997)})
package("claims", {"package.json": tick, "i.js": "1", "connector.manifest.json": json.dumps(own)})
package("one", {"package.json": '{"name": "one", "version": "1.0.0", "main": "gone.js"}'})
PY
for package in folder:2 twin:4 hidden:4 ignored:2 missing:2 many:4; do
  expect ${package#*:} "$MKT" import ${package%:*}.tgz here/x
  grep -q mkt-import err && fail "the error of ${package%:*} names a folder that is gone"
done
[[ $(ls -A here) == mine ]] || fail "a package that cannot be packed left something"
expect 0 "$MKT" import claims.tgz here/claims
says err "send is READ"
says err "says Acme Inc., the package itself a"
says err "says 9.9.9, the package itself 1.0.0"
expect 0 "$MKT" pack here/claims -o claimed.tgz
expect 0 "$MKT" import one.tgz here/one
says out "in here/one (1 file, "
says err "names gone.js to start, and has no such file"
