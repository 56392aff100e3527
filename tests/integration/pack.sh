#!/usr/bin/env bash
# Packing, signing and publishing in every place and order, interrupted or not: one connector, one
# checksum; what is left out and why; what is not overwritten.
source "$(dirname "$0")/lib.sh"

start_mktd
register acme
make_connector hello
make_connector other
expect 0 "$MKT" publish other
expect 0 "$MKT" pack hello -o "$work/first.tgz" --json
checksum=$(jq -r .checksum out)

# --- One checksum, whatever was done in the folder before.

# same_checksum WHAT: pack, publish --dry-run and the tarball on standard output agree with it.
same_checksum() {
  expect 0 "$MKT" publish "$work/hello" --dry-run --json
  [[ $(jq -r .checksum out) == "$checksum" ]] || { cat out >&2; fail "another checksum after: $1"; }
}

# A random walk over what people do, in and outside of the folder; the seed is printed on failure.
seed=${PACK_SEED:-$RANDOM}
RANDOM=$seed
head -c 8000000 /dev/urandom >slow.bin # a pack that lasts long enough to be interrupted
interrupted() {
  cp "$work/slow.bin" "$work/hello/slow.bin"
  "$MKT" "$@" >"$work/out" 2>"$work/err" &
  # Not INT, which a background process of a script ignores; the unit test sends that.
  local pid=$! signals=(TERM HUP KILL)
  sleep "0.0$((RANDOM % 10))"
  kill -"${signals[RANDOM % 3]}" "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  rm -f "$work/hello/slow.bin"
}
steps=(
  '(cd hello && "$MKT" pack)'
  '(cd hello && "$MKT" pack -o out.tgz)'
  '(cd hello && "$MKT" pack -o lib/nested.tar.gz)'
  '(cd hello && "$MKT" pack -o - >stdout.tgz)'
  '(cd hello && "$MKT" pack --list)'
  '"$MKT" pack hello'
  '"$MKT" pack hello -o hello/hello-release.tgz'
  '(cd hello && "$MKT" pack && "$MKT" sign hello-1.0.0.tgz)'
  '(cd hello && "$MKT" pack -o out.tgz && "$MKT" sign out.tgz)'
  '(cd hello && "$MKT" publish --dry-run)'
  '(cd hello && "$MKT" install other)'
  '(cd hello && "$MKT" install other --dir somewhere)'
  '(cd hello && "$MKT" install other && "$MKT" uninstall other)'
  '(cd hello && interrupted pack)'
  '(cd hello && interrupted pack -o out.tgz)'
  '(cd hello && interrupted publish --dry-run)'
  '(cd hello && "$MKT" pack && interrupted sign hello-1.0.0.tgz)'
)
for ((i = 0; i < 16; i++)); do
  step=${steps[RANDOM % ${#steps[@]}]}
  eval "$step" >>steps.log 2>&1 || { cat steps.log >&2; fail "seed $seed: $step"; }
  same_checksum "step $i with PACK_SEED=$seed: $step"
done
# A kill -9 between the last two steps may leave the hidden name, which no pack takes.
left=$(find hello -name '.*' ! -name . ! -name .mkt.lock ! -name '.mkt-new.*')
[[ -z $left ]] || fail "seed $seed: left behind: $left"
rm -rf hello/connectors hello/somewhere hello/mkt.lock hello/*.tgz* hello/lib/*.gz* hello-1.0.0.tgz

# --- What goes in and what stays out.
mkdir -p hello/node_modules/dep hello/.git
echo "module.exports = 1" >hello/node_modules/dep/index.js
echo "{}" >hello/node_modules/dep/package.json
echo "[core]" >hello/.git/config
echo "TOKEN=1" >hello/.env
openssl genpkey -algorithm ed25519 -out hello/deploy.pem 2>/dev/null
expect 0 "$MKT" pack hello --list
says out "index.js"
says out "node_modules/ (2 files)"
grep -q '\.env.*it may hold passwords' out || { cat out >&2; fail "no reason for .env"; }
grep -q 'deploy.pem.*it looks like a private key' out || { cat out >&2; fail "no reason for the key"; }
grep -q '\.git/.*it belongs to version control' out || fail "no reason for .git"
says err "left out .env"
says err "node_modules/ is packed"
[[ ! -e hello-1.0.0.tgz ]] || fail "--list packed something"
expect 0 "$MKT" pack hello --list --json
[[ $(jq -r '.contents[] | select(.path == "node_modules/") | .files' out) == 2 ]] || fail "node_modules in JSON"
[[ $(jq -r '.contents[] | select(.path == "index.js") | .size' out) == $(stat -c %s hello/index.js) ]] || fail "a file's size in JSON"
[[ $(jq -c '[.leftOut[] | select(.secret) | .path]' out) == '[".env","deploy.pem"]' ]] || { cat out >&2; fail "the secrets in JSON"; }
expect 0 "$MKT" publish hello --dry-run
says out "deploy.pem"
says out "would publish hello@1.0.0"

# Asked for by name a secret is packed, and stops publish.
echo '!.env' >hello/.mktignore
expect 0 "$MKT" pack hello -o with-secret.tgz
tar -tzf with-secret.tgz | grep -x .env >listed || fail "!.env does not bring it back"
expect 4 "$MKT" publish hello
says err ".env may hold passwords"
says err "--allow-secrets"
expect 4 "$MKT" publish hello --dry-run
expect 4 "$MKT" publish with-secret.tgz
expect 3 "$MKT" info hello
expect 0 "$MKT" publish hello --dry-run --allow-secrets
rm -r hello/.mktignore hello/.env hello/deploy.pem hello/node_modules
# So does an access token in the middle of a file, but not in what others have published.
mkdir -p hello/node_modules/dep
printf 'const token = "%s_%s";\n' ghp a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8 | tee hello/node_modules/dep/index.js >hello/config.js
expect 4 "$MKT" publish hello
says err "config.js holds what looks like an access token of GitHub"
rm hello/config.js
expect 0 "$MKT" publish hello --dry-run
rm -r hello/node_modules

# What cannot be installed on every system names the path.
mkdir -p hello/vendor/.GIT
echo x >hello/vendor/.GIT/config
expect 4 "$MKT" pack hello
says err "vendor/.GIT"
says err ".mktignore"
rm -r hello/vendor
# So does a tarball that another program made, here and at the registry, and by installing a file.
for name in .git/config 'lib/git~1/config' aux.js 'index.js::$DATA' install-receipt.json/x; do
  rm -rf evil
  make_connector evil
  mkdir -p "evil/$(dirname "$name")"
  echo x >"evil/$name"
  tar --format=ustar -C evil -czf evil.tgz .
  expect 0 "$MKT" sign evil.tgz
  expect 4 "$MKT" publish evil.tgz
  expect_http 422 archive_unsafe PUT /v1/connectors/evil/1.0.0 -H "Authorization: Bearer $token" \
    -H "Mkt-Signature: $(base64 -w0 evil.tgz.sig.json)" --data-binary @evil.tgz
  expect 4 "$MKT" install ./evil.tgz
  [[ ! -e connectors/evil ]] || fail "$name was installed"
done

# --- The manifest's checksum of the entrypoint.
expect 0 "$MKT" init fresh
expect 0 "$MKT" pack fresh -o fresh.tgz
[[ $(jq -r .checksum fresh/connector.manifest.json) == sha256:$(sha256sum fresh/index.js | cut -d' ' -f1) ]] || fail "init writes no checksum"
tar -xzOf fresh.tgz connector.manifest.json | cmp - fresh/connector.manifest.json || fail "a right manifest is packed as it is"
cp fresh/connector.manifest.json kept.json
echo "// changed" >>fresh/index.js
expect 0 "$MKT" pack fresh -o fresh.tgz
says err "the packed copy names the right one"
cmp kept.json fresh/connector.manifest.json || fail "pack changed the author's file"
[[ $(tar -xzOf fresh.tgz connector.manifest.json | jq -r .checksum) == sha256:$(sha256sum fresh/index.js | cut -d' ' -f1) ]] || fail "pack fills no checksum"
expect 0 "$MKT" publish fresh.tgz
expect 0 "$MKT" install fresh
expect 0 "$MKT" verify connectors/fresh

# What programs older than mkt could not load is a warning.
cp -r hello python
mv python/index.js python/main.py
sed -i 's/index.js/main.py/; s/"id": "hello"/"id": "python"/; s/"1.0.0"/"1.0.0+build"/' python/connector.manifest.json
expect 0 "$MKT" pack python -o python.tgz --json
says err "older than mkt cannot load this connector: entrypoint"
[[ $(jq -c '[.warnings[].path]' out) == '["entrypoint","version"]' ]] || { cat out >&2; fail "the warnings in JSON"; }

# --- publish --dry-run of what is there.
expect 0 "$MKT" publish hello
expect 0 "$MKT" publish hello --dry-run
says out "would change nothing"
expect 0 "$MKT" publish hello --dry-run --json
[[ $(jq -c '[.published, .alreadyPublished]' out) == '[false,true]' ]] || fail "a dry run of what is there"
echo "// other" >>hello/index.js
expect 8 "$MKT" publish hello --dry-run
says err "would be refused"
[[ ! -s out ]] || fail "a refusal has no result"
expect 0 "$MKT" publish hello --dry-run --registry http://127.0.0.1:1
says err "not known whether"
says out "would publish"

# --- Outputs.
expect 0 "$MKT" pack hello -o x.tgz
cp x.tgz kept.tgz
"$MKT" pack hello -o - 2>err | cmp - kept.tgz || fail "-o - is not the tarball"
says err "sha256:"
"$MKT" pack hello -o - --quiet 2>err | tar -tz >list || fail "-o - through a pipe"
[[ ! -s err ]] || fail "--quiet says something"
expect 0 "$MKT" pack hello -o x.tgz # an earlier output of the same connector
expect 0 "$MKT" pack hello -o /dev/null
[[ -c /dev/null ]] || fail "/dev/null is no device any more"
echo precious >mine.txt
expect 8 "$MKT" pack hello -o mine.txt
says err "--force"
expect 8 "$MKT" pack hello -o fresh.tgz
[[ $(<mine.txt) == precious ]] || fail "a file was overwritten"
expect 0 "$MKT" pack hello -o mine.txt --force
cmp mine.txt kept.tgz || fail "--force does not overwrite"
expect 2 "$MKT" pack hello -o fresh

expect 0 "$MKT" sign x.tgz
register rival
expect 0 "$MKT" sign x.tgz --key "$key" # an earlier signature is this command's own
[[ $(jq -r .keyId x.tgz.sig.json) == "$key" ]] || fail "the signature was not renewed"
echo precious >x.tgz.sig.json
expect 8 "$MKT" sign x.tgz --key "$key"
says err "--force"
[[ $(<x.tgz.sig.json) == precious ]] || fail "a file that is no signature was overwritten"
expect 0 "$MKT" sign x.tgz --key "$key" --force
expect 0 "$MKT" verify x.tgz

# A script sees results on stdout and nothing else there.
for command in "pack hello -o x.tgz" "pack hello --list" "publish hello --dry-run --registry http://127.0.0.1:1 --key $key" "init second"; do
  # shellcheck disable=SC2086
  expect 0 "$MKT" $command --json
  jq -e . out >/dev/null || fail "not one JSON document: $command"
done
