#!/usr/bin/env bash
# mktd init: the first set-up, what it refuses, what it leaves alone, and a lost admin token.
source "$(dirname "$0")/lib.sh"

unset STATE_DIRECTORY SUDO_USER MKTD_CONFIG MKTD_DATA MKTD_DATABASE
port=$((20000 + RANDOM % 10000))
while (: <>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do port=$((20000 + RANDOM % 10000)); done
at=127.0.0.1:$port
init() { "$MKTD" init "$@" </dev/null; }
# everything FOLDER: its files with their contents, owners and modes.
everything() { (cd "$1" && find . -type f ! -name LOCK ! -name '*-shm' ! -name '*-wal' -exec stat -c '%n %a %u:%g' {} + -exec sha256sum {} + | sort); }

# Without a terminal nothing is guessed, and nothing is made.
expect 2 init --data data
says err "say --reads anyone or --reads token, or --yes"
expect 2 init --data data --reads everybody
expect 2 init --data data --reads token --listen nowhere
says err "HOST:PORT"
expect 2 init --data data --reads token --new-admin-token
expect 2 env MKTD_DATABASE=postgresql://mktd@127.0.0.1/mkt "$MKTD" init --data data --reads token
[[ ! -e data ]] || fail "a refused set-up left a folder"

# Set up, and the last line logs in.
expect 0 init --data data --reads token --listen "$at"
cp out first
[[ $(stat -c %a data) == 700 && $(stat -c %a data/admin.token) == 600 && $(stat -c %a data/mktd.conf) == 600 ]] || fail "modes: $(stat -c '%n %a' data data/*)"
line=$(tail -n 1 first | sed 's/^ *//')
[[ $line == "mkt --registry http://$at login --with-token <$work/data/admin.token" ]] || fail "the last line is: $line"
says first "mktd --config $work/data/mktd.conf"
grep -qxF 'reads = "token"' data/mktd.conf || fail "$(<data/mktd.conf)"
grep -qxF "listen = [\"$at\"]" data/mktd.conf || fail "$(<data/mktd.conf)"
grep -qxF "data = \"$work/data\"" data/mktd.conf || fail "$(<data/mktd.conf)"
# Of the rest it is the file of --print-config.
"$MKTD" --print-config | grep -vE '^#(reads|listen|data) = ' | diff - <(grep -vE '^(reads|listen|data) = ' data/mktd.conf) >&2 || fail "other settings"

# A second run changes nothing; other wishes are refused.
everything data >before
expect 0 init --data data
says out "of an admin"
tail -n 1 out | diff - <(tail -n 1 first) >&2 || fail "the second run ends with another line"
expect 0 init --data data --reads token --listen "$at" --yes
expect 8 init --data data --reads anyone
says err "it has reads = token, and not anyone; change it there"
expect 8 init --data data --listen 127.0.0.1:1
expect 8 init --data elsewhere --config data/mktd.conf
[[ ! -e elsewhere ]] || fail "a refused set-up left a folder"
expect 0 init --data data --json
[[ $(jq -c '[.configWritten, .token, .reads, .running, .listen]' out) == "[false,\"kept\",\"token\",false,[\"$at\"]]" ]] || fail "$(<out)"
everything data | diff before - >&2 || fail "a second run changed something"

# The daemon runs with it, and the line that was printed logs in.
rm -f data/mktd.url
"$MKTD" --config data/mktd.conf 2>>mktd.log &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
export MKT_REGISTRY=http://$at
expect_http 401 unauthorized GET /v1/search
mkdir bin && ln -s "$MKT" bin/mkt
PATH=$work/bin:$PATH bash -c "$line" >out 2>err || { cat err >&2; fail "the line does not log in: $line"; }
[[ $("$MKT" --json whoami | jq -r .role) == admin ]] || fail "whoami"
expect 0 init --data data
says out "(a daemon uses it)"
tail -n 1 out | diff - <(tail -n 1 first) >&2 || fail "while a daemon runs it ends with another line"
expect 2 init --data data --new-admin-token
says err "stop that one"

# The token is lost: the log tells of the new one, and the old one is told of.
"$MKT" logout >/dev/null
cp data/admin.token lost.token
rm data/admin.token
expect 0 init --data data
says out "mktd init --data $work/data --new-admin-token"
! grep -q 'login' out || fail "it tells to log in with a file that is not there"
stop_mktd
expect 0 init --data data --new-admin-token
says out "(made now)"
[[ $(stat -c %a data/admin.token) == 600 ]] || fail "admin.token has another mode"
! cmp -s lost.token data/admin.token || fail "the same token"
everything data >before
expect 8 init --data data --new-admin-token
says err "still valid"
everything data | diff before - >&2 || fail "a refused token changed something"
"$MKTD" --config data/mktd.conf 2>>mktd.log &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
"$MKT" --token-file data/admin.token --json log >log.json
jq -e --arg id "$(cut -d_ -f2 data/admin.token)" \
  'any(.entries[]; .action == "token.create" and .actor == "system" and .document.token == $id)' log.json >/dev/null || fail "the log: $(<log.json)"
expect 0 "$MKT" --token-file data/admin.token token revoke "$(cut -d_ -f2 lost.token)"
stop_mktd
unset MKT_REGISTRY
# A revoked token in the file is replaced, and so are bytes that are none.
for broken in "$(<lost.token)" 'mkt_' ''; do
  printf '%s' "$broken" >data/admin.token
  expect 0 init --data data --new-admin-token
  [[ $(<data/admin.token) =~ ^mkt_[0-9a-f]{12}_[0-9a-f]{64}$ ]] || fail "admin.token: $(<data/admin.token)"
done

# Settings that are there stay: comments, order, mode. What sets nothing is filled in.
mkdir -m 700 etc
"$MKTD" --print-config >etc/mktd.conf
echo '# ours' >>etc/mktd.conf
chmod 640 etc/mktd.conf
cp -p etc/mktd.conf packaged
expect 0 init --config etc/mktd.conf --data other --yes
[[ $(stat -c %a etc/mktd.conf) == 640 ]] || fail "the file has another mode"
diff packaged etc/mktd.conf >changes || true
[[ $(grep -c '^>' changes) == 3 && $(grep -c '^<' changes) == 3 ]] || fail "$(<changes)"
cp etc/mktd.conf before.conf
expect 0 init --config etc/mktd.conf
[[ -s other/admin.token ]] || fail "the folder of the settings"
cmp before.conf etc/mktd.conf || fail "it was written again"
: >etc/empty.conf
ln -s empty.conf etc/link.conf
expect 0 init --config etc/link.conf --data third --reads token
[[ -L etc/link.conf && $(grep -c = etc/empty.conf) == 3 ]] || fail "through a link: $(<etc/empty.conf)"

# Half-written or wrong settings, wrong modes: told with the place, and nothing is changed or lost.
for bad in 'reads = "tok' 'reads = "nobody"' 'listne = ["a"]' 'reads'; do
  printf '# settings\n%s' "$bad" >etc/bad.conf
  cp etc/bad.conf before.conf
  expect 2 init --config etc/bad.conf --data fourth --yes
  says err "etc/bad.conf:2: "
  says err "nothing was changed"
  cmp before.conf etc/bad.conf || fail "the file was changed"
done
cp packaged etc/open.conf
chmod 666 etc/open.conf
expect 2 init --config etc/open.conf --data fourth --yes
says err "chmod go-w"
expect 2 init --config etc --data fourth --yes
says err "is no file"
printf 'database = "postgresql://mktd@127.0.0.1/mkt"\nblobs = "s3://tarballs/acme?endpoint=http://127.0.0.1:1"\n' >etc/shared.conf
expect 2 init --config etc/shared.conf
says err "mktd init --database"
[[ ! -e fourth ]] || fail "a refused set-up left a folder"
mkdir -m 777 open
chmod 777 open
expect 2 init --data open --yes
says err "chmod 700"
[[ -z $(ls open) ]] || fail "it was used: $(ls open)"
# A folder with a marketplace and without settings gets settings.
rm data/mktd.conf
cp data/admin.token kept.token
expect 0 init --data data --yes
cmp kept.token data/admin.token || fail "the token was replaced"
says out "(written now)"

# What cannot be written is told, and the next run goes on.
if ((EUID == 0)); then
  # In a folder of the daemon's user root makes what is that user's, and the settings are root's.
  chmod 711 "$work"
  mkdir -m 700 daemons && chown 65534:65534 daemons
  mkdir conf
  expect 0 init --data daemons --config conf/mktd.conf --yes
  [[ $(stat -c '%u %a' daemons/admin.token daemons/mktd.db | sort -u) == '65534 600' ]] || fail "$(ls -ln daemons)"
  [[ $(stat -c '%u:%g %a' conf/mktd.conf) == '0:65534 640' ]] || fail "$(ls -ln conf)"
  expect 0 env SUDO_USER=somebody "$MKTD" init --data daemons --config conf/mktd.conf </dev/null
  says out "sudo cat $work/daemons/admin.token | mkt --registry http://127.0.0.1:3456 login --with-token"
fi

expect 3 init --data fifth --config /proc/mktd.conf --yes
says err "cannot write /proc/mktd.conf"
expect 0 init --data fifth --yes
[[ -s fifth/admin.token ]] || fail "the next run did not go on"

# Names with blanks and quotes can be pasted.
mkdir "it's here"
expect 0 init --data "it's here/data" --yes --listen "[::]:$port"
says out "mkt --registry 'http://[::1]:$port' login --with-token <'$work/it'\\''s here/data/admin.token'"
bash -nc "$(tail -n 1 out)" || fail "a shell cannot read the line"

# At a terminal it asks; a wrong answer is asked again, an end of input changes nothing.
if type -P expect >/dev/null; then
  export MKTD
  cat >dialog.exp <<'EXP'
set timeout 20
proc answer {question text} {
  expect {
    -ex $question { send "$text\r" }
    timeout { exit 103 }
    eof { exit 104 }
  }
}
spawn -noecho $env(MKTD) init --data asked
answer "(who has one) \[anyone]: " "me"
answer "(who has one) \[anyone]: " "token"
answer "unix:PATH \[127.0.0.1:3456]: " ""
expect {
  timeout { exit 103 }
  eof {}
}
exit [lindex [wait] 3]
EXP
  timeout 60 "$(type -P expect)" dialog.exp >out 2>&1 || { cat out >&2; fail "the dialog"; }
  says out 'neither anyone nor token'
  grep -qxF 'reads = "token"' asked/mktd.conf || fail "$(<asked/mktd.conf)"
  cat >ended.exp <<'EXP'
set timeout 20
spawn -noecho $env(MKTD) init --data ended
expect {
  -ex "]: " { send "\x04" }
  timeout { exit 103 }
  eof { exit 104 }
}
expect {
  timeout { exit 103 }
  eof {}
}
exit [expr {[lindex [wait] 3] == 2 ? 0 : 1}]
EXP
  timeout 60 "$(type -P expect)" ended.exp >out 2>&1 || { cat out >&2; fail "the dialog that ends"; }
  [[ ! -e ended ]] || fail "an end of input left a folder"
fi
