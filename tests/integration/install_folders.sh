#!/usr/bin/env bash
# A lock is installed whole or not at all; each root has its own; folders of --dir are known; edits
# are seen before they are overwritten; what others need is not taken away unasked.
source "$(dirname "$0")/lib.sh"

start_mktd
register acme
for id in one two three; do
  make_connector "$id"
  expect 0 "$MKT" publish "$id"
done
jq '.dependencies = {"one": "^1.0.0"}' two/connector.manifest.json >two.json
sed -i 's/"1.0.0"/"1.1.0"/' two.json && sed -i 's/\^1.1.0/^1.0.0/' two.json
mv two.json two/connector.manifest.json
expect 0 "$MKT" publish two

# All or nothing: the last one is wrong, and nothing of the others is there.
expect 0 "$MKT" install one three two@1.0.0 --root all/connectors
mkdir next
jq '(.connectors[] | select(.id == "two")).checksum = "sha256:" + ("0" * 64)' all/mkt.lock >next/mkt.lock
expect 4 "$MKT" install --frozen --root next/connectors
says err "checksum"
says err "nothing was installed"
[[ ! -e next/connectors || -z $(ls -A next/connectors) ]] || fail "some were installed: $(ls -A next/connectors)"
# Also where others stand there: they stay as they were.
make_connector one 1.0.1
expect 0 "$MKT" publish one
expect 0 "$MKT" install one@1.0.1 --root next/connectors2
rmdir next/connectors 2>/dev/null || true
mv next/connectors2 next/connectors
cp next/connectors/one/install-receipt.json before.json
expect 4 "$MKT" install --frozen --root next/connectors
[[ $(ls -A next/connectors) == one ]] || fail "some were installed: $(ls -A next/connectors)"
cmp -s before.json next/connectors/one/install-receipt.json || fail "another version is there"
# The last step of one fails: the others give their places back.
cp all/mkt.lock next/mkt.lock
mkdir -p next/connectors/two
echo mine >next/connectors/two/file
expect 8 "$MKT" install --frozen --root next/connectors
says err "files that mkt did not install"
cmp -s before.json next/connectors/one/install-receipt.json || fail "another version is there"
[[ ! -e next/connectors/three ]] || fail "three was installed"
rm -r next/connectors/two
expect 0 "$MKT" install --frozen --root next/connectors
for id in one two three; do expect 0 "$MKT" verify "next/connectors/$id"; done
[[ $(ls -A next/connectors | sort | tr '\n' ' ') == "one three two " ]] || fail "leftovers: $(ls -A next/connectors)"

# A lock that holds nothing is installed in an instant; none at all is an error.
mkdir empty
echo '{"lockVersion": 1, "connectors": []}' >empty/mkt.lock
expect 0 "$MKT" install --frozen --root empty/connectors
says err "nothing to install"
expect 3 "$MKT" install --frozen --root none/connectors

# One lock for one root.
mkdir roots
expect 0 "$MKT" install one --root roots/left
expect 0 "$MKT" install three --root roots/right
expect 0 "$MKT" install --frozen --root roots/left
[[ $(ls roots/left) == one ]] || fail "left got what is right's: $(ls roots/left)"
expect 0 "$MKT" install one --root roots/connectors
state() { find roots -type f | sort | xargs sha256sum; }
state >roots.before
expect 3 "$MKT" uninstall three --root roots/connectors
expect 3 "$MKT" uninstall three --root roots/left
expect 3 "$MKT" uninstall one --root roots/right
expect 3 "$MKT" uninstall one --root nowhere
state | cmp - roots.before || fail "an uninstall in the wrong root changed something"
[[ ! -e nowhere ]] || fail "an uninstall made a root"
# A lock of an older release, beside a root of another name.
mkdir older
cp all/mkt.lock older/mkt.lock
expect 0 "$MKT" install --frozen --root older/plugins
[[ -e older/plugins/three ]] || fail "the older lock was not read"

# What another needs goes with --force only.
mkdir needs
expect 0 "$MKT" install two@1.1.0 --root needs/connectors
expect 8 "$MKT" uninstall one --root needs/connectors </dev/null
says err "one is needed by two@1.1.0"
[[ -e needs/connectors/one && $(jq '.connectors | length' needs/mkt.lock) == 2 ]] || fail "it was taken away"
expect 0 "$MKT" uninstall one --root needs/connectors --force
expect 0 "$MKT" uninstall two --root needs/connectors

# --dir is known to list, outdated and audit; a root that is named is looked at alone.
mkdir away && cd away
expect 0 "$MKT" install one@1.0.0 --dir "$work/opt/one"
expect 0 "$MKT" --json list
[[ $(jq -r '.connectors[].folder' out) == "$work/opt/one" ]] || fail "list: $(<out)"
expect 0 "$MKT" --json outdated
[[ $(jq -r '.outdated[] | "\(.id) \(.installed) \(.latest) \(.folder)"' out) == "one 1.0.0 1.0.1 $work/opt/one" ]] ||
  fail "outdated: $(<out)"
expect 0 "$MKT" --json audit
[[ $(jq -r '.connectors[].folder' out) == "$work/opt/one" ]] || fail "audit: $(<out)"
expect 0 "$MKT" --json list --root ../roots/left
[[ $(jq -r '.connectors[].id' out) == one && $(jq '.connectors | length' out) == 1 ]] || fail "list: $(<out)"
# The same connector in the root and elsewhere are two.
expect 0 "$MKT" install one@1.0.1
expect 0 "$MKT" --json list
[[ $(jq -c '[.connectors[].version] | sort' out) == '["1.0.0","1.0.1"]' ]] || fail "list: $(<out)"
expect 0 "$MKT" outdated
says out "$work/opt/one"
expect 0 "$MKT" uninstall one --dir "$work/opt/one"
expect 0 "$MKT" --json list
[[ $(jq '.connectors | length' out) == 1 ]] || fail "list: $(<out)"
cd ..

# Edits are seen: changed and added files, by install, update and --frozen.
mkdir edits && cd edits
expect 0 "$MKT" install one@1.0.0
cp mkt.lock kept.lock
edited() { # WHAT COMMAND…
  local what=$1
  shift
  expect 8 "$@"
  says err "$what"
  says err "--force"
}
for edit in changed added; do
  case $edit in
    changed) echo "// mine" >>connectors/one/index.js; what="index.js: has changed" ;;
    added) echo mine >connectors/one/notes.txt; what="notes.txt: is not part of the connector" ;;
  esac
  edited "$what" "$MKT" install one@1.0.0
  edited "$what" "$MKT" install one
  edited "$what" "$MKT" update
  edited "$what" "$MKT" install --frozen
  expect 10 "$MKT" verify connectors/one
  expect 0 "$MKT" install --frozen --force
  expect 0 "$MKT" verify connectors/one
done
echo "// mine" >>connectors/one/index.js
expect 0 "$MKT" update --force
[[ $(jq -r .version connectors/one/install-receipt.json) == 1.0.1 ]] || fail "update --force"
