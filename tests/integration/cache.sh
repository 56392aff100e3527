#!/usr/bin/env bash
# The cache of tarballs: the second install downloads none, whatever is damaged, full, foreign or
# revoked; and offline it is enough.
source "$(dirname "$0")/lib.sh"

mounts=()
cleanup() { for at in "${mounts[@]}"; do umount "$at" 2>/dev/null || true; done; }

cache=$XDG_CACHE_HOME/mkt/tarballs
# asked N WHAT: so many tarballs were asked for since the last time. A marker follows what was asked.
last=0 marker=0
count() {
  marker=$((marker + 1))
  curl -sS "$MKT_REGISTRY/v1/connectors/marker-$marker" -o /dev/null
  wait_for "the access log" grep -q "path=/v1/connectors/marker-$marker " mktd.log
  before=$last
  last=$(grep -cE 'path=/v1/connectors/[^ ]*/tarball' mktd.log || true)
}
asked() {
  count
  [[ $((last - before)) == "$1" ]] || fail "$2: $((last - before)) tarballs were asked for, not $1"
}
# entry ID: the tarball of that name in the cache.
entry() {
  local checksum
  checksum=$("$MKT" --json cache show 2>/dev/null | jq -r --arg id "$1" '.tarballs[] | select(.from[0].id == $id).checksum')
  echo "$cache/${checksum#sha256:}/tarball"
}
tidy() { [[ -z $(find "$XDG_CACHE_HOME" -name '.unfinished-*' 2>/dev/null) ]] || fail "leftovers in the cache: $1"; }

start_mktd
register acme
make_connector base
make_connector tool
head -c 300000 /dev/urandom >tool/noise.bin
jq '.dependencies = {"base": "^1.0.0"}' tool/connector.manifest.json >manifest.tmp
mv manifest.tmp tool/connector.manifest.json
for name in base tool; do expect 0 "$MKT" publish "$name"; done

# The second install, and a download, ask for no tarball.
expect 0 "$MKT" install tool
asked 2 "the first install"
expect 0 "$MKT" --quiet install tool --root second/connectors
[[ ! -s err ]] || fail "messages: $(<err)"
expect 0 "$MKT" download tool -o tool.tgz
asked 0 "the second install"
diff -r -x install-receipt.json connectors second/connectors || fail "the second install differs"
"$MKT" verify second/connectors/tool >/dev/null || fail "the second install's receipt"
expect 0 "$MKT" --json cache show
[[ $(jq -c '[.tarballs[].from[0].id] | sort' out) == '["base","tool"]' ]] || fail "what is in the cache"
[[ $(jq .limit out) == $((1 << 30)) ]] || fail "the size"
expect 0 env -u HOME -u XDG_CACHE_HOME "$MKT" cache show
says err "there is no cache, as its place is not known: neither HOME"
expect 0 "$MKT" cache show
says out $'tool\t1.0.0\t'
# mkt download fills it too.
expect 0 "$MKT" cache prune --all
expect 0 "$MKT" download tool -o again.tgz
asked 1 "a download"
cmp tool.tgz again.tgz || fail "another tarball"
expect 0 "$MKT" download tool -o - # from the cache
cmp tool.tgz out || fail "another tarball on stdout"
expect 0 "$MKT" install tool --root third/connectors
asked 1 "an install after a download" # of base
# It is this user's alone, and nothing installed is part of it.
[[ -z $(find "$XDG_CACHE_HOME/mkt" -type d ! -perm 700) && -z $(find "$XDG_CACHE_HOME/mkt" -type f ! -perm 600) ]] ||
  fail "modes: $(find "$XDG_CACHE_HOME/mkt" -printf '%m %p\n')"
[[ -z $(find "$XDG_CACHE_HOME/mkt" . -path ./data -prune -o -type f -links +1 -print) ]] || fail "hard links"
echo changed >again.tgz
echo changed >third/connectors/tool/index.js
expect 0 "$MKT" cache verify
says out "2 tarballs undamaged"

# Damage is seen at each use: it is said, and the tarball is downloaded again.
flip_byte "$(entry tool)" 1000
expect 0 "$MKT" install tool --root damaged/connectors
says err "is damaged"
asked 1 "a damaged tarball"
diff -r -x install-receipt.json connectors damaged/connectors || fail "damage was installed"
expect 0 "$MKT" cache verify
flip_byte "$(entry base)" 10
truncate -s -1 "$(entry tool)"
expect 10 "$MKT" --json cache verify
[[ $(jq -c '[.checked, (.damaged | length), all(.damaged[]; .removed)]' out) == '[2,2,true]' ]] || fail "$(<out)"
expect 0 "$MKT" cache verify
says out "0 tarballs undamaged"

# Its size: what was used last stays; 0 turns it off; what is wrong is said.
expect 0 "$MKT" install tool --root fourth/connectors
asked 2 "an empty cache"
expect 0 "$MKT" install base --root fifth/connectors
MKT_CACHE_SIZE=100KiB expect 0 "$MKT" --json cache prune
[[ $(jq -c '[.removed, .tarballs]' out) == '[1,1]' ]] || fail "$(<out)"
[[ -f $(entry base) ]] || fail "the wrong one was removed"
MKT_CACHE_SIZE=100KiB expect 0 "$MKT" install tool --root sixth/connectors
asked 1 "a tarball that does not fit"
[[ -f $(entry base) ]] || fail "it made room for what does not fit"
mkdir -p "$XDG_CONFIG_HOME/mkt"
echo 'cache-size = 0' >"$XDG_CONFIG_HOME/mkt/config.toml"
expect 0 "$MKT" install base --root seventh/connectors
asked 1 "a cache that is turned off"
expect 0 "$MKT" cache prune
[[ -z $(ls -A "$cache") ]] || fail "it is turned off, and holds $(ls "$cache")"
echo 'cache-size = "much"' >"$XDG_CONFIG_HOME/mkt/config.toml"
expect 2 "$MKT" cache show
says err MKT_CACHE_SIZE
rm "$XDG_CONFIG_HOME/mkt/config.toml"

# Many at once, of which some are killed.
for i in 1 2 3 4; do "$MKT" --quiet install tool --root "crowd$i/connectors" >/dev/null 2>"crowd$i.err" & pids[i]=$!; done
for i in 1 2 3 4; do
  wait "${pids[i]}" || { cat "crowd$i.err" >&2; fail "one of several at once"; }
  [[ ! -s crowd$i.err ]] || fail "messages: $(<"crowd$i.err")"
  diff -r -x install-receipt.json connectors "crowd$i/connectors" || fail "several at once"
done
expect 0 "$MKT" cache verify
says out "2 tarballs undamaged"
tidy "several at once"
for i in {1..20}; do
  "$MKT" cache prune --all >/dev/null
  "$MKT" --quiet install tool --root killed/connectors --force >/dev/null 2>&1 & pid=$!
  sleep "0.0$((i * 4))"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  rm -rf killed
done
expect 0 "$MKT" cache verify
expect 0 "$MKT" cache prune
tidy "after kills"
expect 0 "$MKT" install tool --root after/connectors
diff -r -x install-receipt.json connectors after/connectors || fail "after kills"

# A cache that cannot be used is a warning at most.
mv "$XDG_CACHE_HOME/mkt" elsewhere
ln -s "$work/elsewhere" "$XDG_CACHE_HOME/mkt"
content=$(find elsewhere -printf '%p %T@\n')
count
expect 0 "$MKT" install tool --root linked/connectors
says err "symbolic link"
[[ $(grep -c warning err) == 1 ]] || fail "said several times: $(<err)"
asked 2 "a cache that is a link"
[[ $(find elsewhere -printf '%p %T@\n') == "$content" ]] || fail "it was written through a link"
expect 11 "$MKT" cache show
expect 11 "$MKT" cache prune --all
rm "$XDG_CACHE_HOME/mkt"
mv elsewhere "$XDG_CACHE_HOME/mkt"
chmod 777 "$cache"
expect 0 "$MKT" install tool --root open/connectors
says err "others may write to it"
chmod 700 "$cache"
mv "$cache" elsewhere
echo "in the way" >"$cache"
expect 0 "$MKT" install tool --root file/connectors
says err warning
rm "$cache"
mv elsewhere "$cache"
if [[ $EUID == 0 ]]; then
  chown 12345 "$cache"
  expect 0 "$MKT" install tool --root foreign/connectors
  says err "belongs to another user"
  chown 0 "$cache"
fi
asked $((EUID == 0 ? 6 : 4)) "caches that are not used"
expect 0 "$MKT" install tool --root mine/connectors
asked 0 "a cache that is used again"

# A disk that is full, and one that cannot be written.
if mount -t tmpfs -o size=128k,mode=700 tmpfs "$XDG_CACHE_HOME" 2>/dev/null; then
  mounts+=("$XDG_CACHE_HOME")
  expect 0 "$MKT" install tool --root full/connectors
  says err "No space left"
  [[ $(grep -c warning err) == 1 ]] || fail "said several times: $(<err)"
  diff -r -x install-receipt.json connectors full/connectors || fail "with a full cache"
  tidy "a full disk"
  expect 0 "$MKT" --json cache show
  [[ $(jq -c '[.tarballs[].from[0].id]' out) == '["base"]' ]] || fail "what did not fit: $(<out)"
  mount -o remount,ro "$XDG_CACHE_HOME"
  asked 2 "a full disk"
  expect 0 "$MKT" install tool --root readonly/connectors
  says err "Read-only file system"
  asked 1 "a cache that can only be read"
  expect 11 "$MKT" cache prune --all
  umount "$XDG_CACHE_HOME"
  mounts=()
else
  echo "cache: cannot mount a tmpfs here, so no full disk" >&2
fi

# Offline, from what is locked and kept; what is missing is named at once.
expect 0 "$MKT" install tool --root kept/connectors
stop_mktd
offline() { rm -rf away; mkdir away; cp kept/mkt.lock away/; expect "$1" "${@:2}" install --frozen --offline --root away/connectors; }
offline 0 "$MKT"
says out "installed tool@1.0.0"
diff -r -x install-receipt.json connectors away/connectors || fail "the offline install differs"
expect 0 "$MKT" verify away/connectors/tool --offline
[[ $(jq -cS '.signature, .acceptedSequence' away/connectors/tool/install-receipt.json) == $(jq -cS '.signature, .acceptedSequence' kept/connectors/tool/install-receipt.json) ]] ||
  fail "the receipt: $(<away/connectors/tool/install-receipt.json)"
expect 0 "$MKT" install --frozen --offline --root away/connectors
says out "already"
mkdir online
cp kept/mkt.lock online/
expect 7 "$MKT" install --frozen --root online/connectors
if unshare -rn true 2>/dev/null; then
  offline 0 unshare -rn "$MKT"
else
  echo "cache: no network namespaces here" >&2
fi
offline 0 env MKT_TENANT=team "$MKT"
says err "the policy of team is not asked"
[[ $(jq .tenant away/connectors/tool/install-receipt.json) == null ]] || fail "the receipt names a tenant"
offline 7 env XDG_STATE_HOME="$work/nothing" "$MKT"
offline 3 env XDG_CACHE_HOME="$work/nothing" "$MKT" --json
[[ $(jq -c '[.code, .details[].path]' out) == '["not_cached","base@1.0.0","tool@1.0.0"]' ]] || fail "what is missing: $(<out)"
offline 3 env MKT_CACHE_SIZE=0 "$MKT"
says err "turned off"
flip_byte "$(entry tool)" 1000
offline 3 "$MKT"
says err "tool@1.0.0 is not in the cache"
[[ ! -e away/connectors/base ]] || fail "a part was installed"
seen=$(ls "$XDG_STATE_HOME"/mkt/keys/*.seen)
aged() { jq --arg at "$(date -u -d "$1 days ago" +%FT%TZ)" '.checkedAt = $at' "$seen" >seen.tmp; cp seen.tmp "$seen"; }
"$MKTD" --data data --listen "${MKT_REGISTRY#http://}" "${no_limits[@]}" 2>>mktd.log &
daemon=$!
wait_for mktd curl -sf "$MKT_REGISTRY/healthz" -o /dev/null
mkdir back
cp kept/mkt.lock back/
expect 0 "$MKT" install --frozen --root back/connectors
aged 31
offline 12 "$MKT"
rm -rf away/connectors
expect 0 "$MKT" install --frozen --offline --accept-stale --root away/connectors
[[ $(jq .keys.acceptedStale away/connectors/tool/install-receipt.json) == true ]] || fail "the receipt is silent"

# A revocation counts, whatever the cache has: online, and offline from the next list of keys on.
expect 0 "$MKT" key revoke "$key" --reason-code compromised --reason "copied" --yes
expect 4 "$MKT" install tool --root revoked/connectors
says err quarantine
expect 4 "$MKT" download tool@1.0.0 -o revoked.tgz
[[ ! -e revoked.tgz && ! -e revoked/connectors/tool ]] || fail "a revoked key's tarball"
offline 4 "$MKT"
says err "copied"
[[ ! -e away/connectors/tool ]] || fail "a revoked key's tarball, offline"
