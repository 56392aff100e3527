#!/usr/bin/env bash
# mktd --print-config prints every setting with its default, as a comment: the file changes nothing, nor does it
# when every line of it is a setting.
source "$(dirname "$0")/lib.sh"

export STATE_DIRECTORY=$work/state
expect 0 "$MKTD" --print-config
cp out mktd.conf
cat err >&2
[[ ! -s err ]] || fail "it says something"
! grep -vE '^(#.*)?$' mktd.conf || fail "a line is no comment"
# A prose line begins with "# ", a setting with "#".
sed -E 's/^#([a-z[])/\1/' mktd.conf >all.conf
(($(grep -cE '^[a-z-]+ = ' all.conf) >= 30)) || fail "settings are missing"

# Every option is there, and every limit.
"$MKTD" --help >help
while read -r option; do
  grep -q "^$option = " all.conf || fail "--$option is not in it"
done < <(sed -nE 's/^  (-[a-z],)?--([a-z-]+).*/\2/p' help | grep -vE '^(help|version|config|check-config|print-config|limit)$')
for scope in publish search download install change register auth-failure on-redis-failure; do
  sed -n '/^\[limits\]/,$p' all.conf | grep "^$scope = " >/dev/null || fail "the limit $scope is not in it"
done
sed -n '/^\[limits\]/,$p' all.conf >limits
says limits 'publish = "10/15m"'
says all.conf 'listen = ["127.0.0.1:3456"]'
says all.conf "data = \"$work/state\""
says all.conf 'access-log = true'
expect 0 "$MKTD" --config mktd.conf --check-config
expect 0 "$MKTD" --config all.conf --check-config

# The daemon itself compares what it has with what it reads.
cp mktd.conf used.conf
"$MKTD" --data data --listen 127.0.0.1:0 --config used.conf 2>>mktd.log &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
cp all.conf used.conf
kill -HUP "$daemon"
wait_for "the reload" grep -q 'reloaded' mktd.log
says mktd.log "reloaded, nothing changed"
sed -i 's|^publish = .*|publish = "11/15m"|; s|^access-log = .*|access-log = false|' used.conf
kill -HUP "$daemon"
wait_for "the second reload" grep -q 'access-log: true, now false' mktd.log
wait_for "the second reload" grep -q 'limits: (none), now  marketplace:publish=11/15m' mktd.log
stop_mktd

# What waits for a restart is told each time, until it is as it was at the start. A secret is in no text.
printf '[[webhook]]\nurl = "http://127.0.0.1:1/x"\nsecret = "0123456789abcdef"\n' >used.conf
chmod 600 used.conf
rm -f data/mktd.url
"$MKTD" --data data --listen 127.0.0.1:0 --config used.conf 2>hooks.log &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
sed -i 's/0123456789abcdef/fedcba9876543210/; 1i max-uploads = 3' used.conf
for n in 1 2; do
  kill -HUP "$daemon"
  told() { [[ $(grep -c 'needs a restart.*max-uploads: 16, now 3' hooks.log) == "$n" ]]; }
  wait_for "reload $n" told
done
says hooks.log 'has another secret now'
! grep -q -e 0123456789abcdef -e fedcba9876543210 hooks.log || fail "the log has a secret"
sed -i 's/fedcba9876543210/0123456789abcdef/; /max-uploads/d' used.conf
kill -HUP "$daemon"
wait_for "the last reload" grep -q 'reloaded, nothing changed' hooks.log
stop_mktd

# What it was told is a setting in it, and reads back as the same.
expect 0 env MKTD_READS=token "$MKTD" --listen '[::1]:1' --listen unix:a.sock --token-lifetime 90d --data 'a "b\c' --no-access-log \
  --max-uploads 3 --limit search=off --print-config
cp out told.conf
for line in 'reads = "token"' 'listen = ["[::1]:1", "unix:a.sock"]' 'data = "a \"b\\c"' 'access-log = false' 'max-uploads = 3' \
  'limit = ["search=off"]'; do
  grep -qxF "$line" told.conf || fail "\"$line\" is not in it: $(<told.conf)"
done
expect 0 "$MKTD" --config told.conf --print-config
diff told.conf out >&2 || fail "it reads back as something else"
expect 0 env MKTD_ACCESS_LOG=off "$MKTD" --print-config
says out 'access-log = false'
# A wrong value is told, and nothing is printed.
expect 2 "$MKTD" --listen nowhere --print-config
[[ ! -s out ]] || fail "it prints what is wrong"
printf 'print-config = true\n' >bad.conf
expect 2 "$MKTD" --config bad.conf --check-config
says err "bad.conf:1: "
