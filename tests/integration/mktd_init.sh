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
# Who only names the folder gets its settings, too; what is said beside it goes first.
"$MKTD" --data data --listen 127.0.0.1:0 2>>mktd.log &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
says mktd.log 'msg="settings read" file=data/mktd.conf'
[[ $(curl -sS -o body -w '%{http_code}' "$(<data/mktd.url)/v1/search") == 401 ]] || fail "who may read was forgotten: $(<body)"
stop_mktd
expect 2 "$MKTD" --data data --reads nobody --check-config
for way in "$work/data/" ./data "$work/./data"; do
  expect 0 "$MKTD" --data "$way" --print-config
  says out 'reads = "token"'
done
ln -s "$work/data" leads-there
expect 0 "$MKTD" --data leads-there --print-config
says out 'reads = "token"'
expect 0 "$MKTD" --data data --config /dev/null --print-config
says out '#reads = "anyone"'
chmod g+w data/mktd.conf
expect 2 "$MKTD" --data data --check-config
says err "others may write data/mktd.conf (mode 0620)"
chmod g-w data/mktd.conf
cp data/mktd.conf kept.conf
echo 'nonsense = 1' >>data/mktd.conf
expect 2 "$MKTD" --data data --check-config
says err "data/mktd.conf"
says err nonsense
expect 0 "$MKTD" --data data --help
expect 2 "$MKTD" --data data --print-config
rm data/mktd.conf
ln -s nowhere data/mktd.conf
expect 2 "$MKTD" --data data --check-config
rm data/mktd.conf
cp kept.conf data/mktd.conf
expect 0 "$MKTD" --data data --print-config
says out 'reads = "token"'
[[ $(grep -c '^#*reads = ' out) == 1 ]] || fail "it prints several files: $(<out)"
expect 0 "$MKTD" --config /dev/stdin --check-config <out
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

# A token is made for a registry that is there.
expect 3 init --data nowhere --new-admin-token
says err "there is no registry in $work/nowhere"
expect 3 init --config nowhere.conf --new-admin-token
says err "there is no $work/nowhere.conf"
[[ ! -e nowhere && ! -e nowhere.conf ]] || fail "a registry was made beside the one that was meant"

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

# With https it wants a certificate that the daemon can use, and the line names the certificate's host.
expect 2 init --data tls --yes --listen "https://127.0.0.1:$port"
says err '--tls-certificate FILE'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=mkt \
  -addext subjectAltName=DNS:*.acme.example,DNS:localhost,IP:127.0.0.1 -keyout tls.key -out tls.crt 2>/dev/null
chmod 640 tls.key
expect 2 init --data tls --yes --listen "https://127.0.0.1:$port" --tls-certificate tls.crt --tls-key tls.key
says err 'chmod 600'
chmod 600 tls.key
expect 2 init --data tls --yes --listen "127.0.0.1:$port" --tls-certificate tls.crt --tls-key tls.key
[[ ! -e tls ]] || fail "a refused set-up left a folder"
for again in new there; do
  expect 0 init --data tls --yes --listen "https://127.0.0.1:$port" --tls-certificate tls.crt --tls-key tls.key
  says out "mkt --registry https://localhost:$port login --with-token <$work/tls/admin.token"
done
"$MKTD" --config tls/mktd.conf --check-config || fail "it wrote settings that mktd refuses"
"$MKTD" --config tls/mktd.conf 2>>mktd.log &
daemon=$!
wait_for "its address" test -s tls/mktd.url
MKT_CA_FILE=$work/tls.crt PATH=$work/bin:$PATH bash -c "$(tail -n 1 out)" >/dev/null || fail "the line does not log in"
stop_mktd

# A name of its own is one that the daemon allows, or the line would be answered 421.
own_certificate() { # NAMES: of named.crt, for a registry of its own
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=mkt \
    -addext "subjectAltName=$1" -keyout named.key -out named.crt 2>/dev/null
  chmod 600 named.key
}
named() { init --data named --yes --listen "https://127.0.0.1:$port" --tls-certificate named.crt --tls-key named.key; }
own_certificate DNS:*.acme.example,DNS:registry.localhost,IP:127.0.0.1
for again in new there; do
  expect 0 named
  says out "mkt --registry https://registry.localhost:$port login --with-token <$work/named/admin.token"
  ! grep -q '^Note' out || fail "$(<out)"
done
grep -qxF 'allowed-hosts = ["registry.localhost"]' named/mktd.conf || fail "$(<named/mktd.conf)"
"$MKTD" --config named/mktd.conf 2>>mktd.log &
daemon=$!
wait_for "its address" test -s named/mktd.url
MKT_CA_FILE=$work/named.crt PATH=$work/bin:$PATH bash -c "$(tail -n 1 out)" >/dev/null || fail "the line does not log in"
MKT_CA_FILE=$work/named.crt expect 0 "$MKT" --registry "https://registry.localhost:$port" token list
stop_mktd
# Settings that stay: the name that they allow, one that needs none, or what to do before.
own_certificate DNS:registry.localhost,DNS:*.acme.example,IP:127.0.0.1
sed -i 's/^allowed-hosts.*/allowed-hosts = ["b.acme.example"]/' named/mktd.conf
expect 0 init --data named
says out "--registry https://b.acme.example:$port login"
sed -i '/^allowed-hosts/d' named/mktd.conf
expect 0 init --data named
says out "--registry https://127.0.0.1:$port login"
own_certificate DNS:registry.localhost
expect 0 init --data named
says out "Note: the daemon refuses the host in the line that logs in: set allowed-hosts = [\"registry.localhost\"] in $work/named/mktd.conf"
expect 0 init --data named --json
[[ $(jq -r .note out) == "the daemon refuses the host in the line that logs in: "* ]] || fail "$(<out)"
# Other files than the settings have are told of, as they would be dropped.
expect 8 init --data named --listen "https://127.0.0.1:$port" --tls-certificate other.crt --tls-key "$work/named.key"
says err "tls-certificate"
# Nobody can verify the address where the certificate has wildcards only.
rm -r named
own_certificate DNS:*.acme.example
expect 0 named
says out "Note: clients cannot verify the host in the line that logs in, as the certificate is for *.acme.example only; set allowed-hosts in $work/named/mktd.conf"
says out "--registry https://127.0.0.1:$port login"
sed -i 's/^#allowed-hosts.*/allowed-hosts = ["b.acme.example"]/' named/mktd.conf
expect 0 init --data named
says out "--registry https://b.acme.example:$port login"
! grep -q '^Note' out || fail "$(<out)"

# What cannot be written is told, and the next run goes on.
if ((EUID == 0)); then
  # In a folder of the daemon's user root makes what is that user's, and the settings are root's.
  chmod 711 "$work"
  mkdir -m 700 daemons && chown 65534:65534 daemons
  mkdir conf
  expect 0 init --data daemons --config conf/mktd.conf --yes
  [[ $(stat -c '%u %a' daemons/admin.token daemons/mktd.db | sort -u) == '65534 600' ]] || fail "$(ls -ln daemons)"
  [[ $(stat -c '%u:%g %a' conf/mktd.conf) == '0:65534 640' ]] || fail "$(ls -ln conf)"
  expect 0 init --data daemons --config new/etc/mktd.conf --yes
  [[ $(stat -c %a new new/etc) == $'755\n755' ]] || fail "the daemon's user does not get to its settings: $(stat -c '%n %a' new new/etc)"
  # What root can read and that user cannot.
  expect 2 init --data daemons --config conf/tls.conf --yes --listen "https://127.0.0.1:$port" --tls-certificate tls.crt --tls-key tls.key
  says err "mktd reads it as the user $(id -nu 65534): chown $(id -nu 65534) $work/tls.key"
  # A link in that folder does not lead root to a file of its own.
  mkdir -m 700 linked && chown 65534:65534 linked
  echo '# of root' >roots.conf && chmod 644 roots.conf
  ln -s ../roots.conf linked/mktd.conf && chown -h 65534:65534 linked/mktd.conf
  expect 11 init --data linked --yes
  [[ $(<roots.conf) == '# of root' ]] || fail "root's file was written: $(<roots.conf)"
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
  cat >begin.exp <<'EXP'
set timeout 20
proc answer {question text} {
  expect {
    -ex $question { send "$text\r" }
    timeout { exit 103 }
    eof { exit 104 }
  }
}
EXP
  cat >end.exp <<'EXP'
expect {
  timeout { exit 103 }
  eof {}
}
exit [lindex [wait] 3]
EXP
  cat >dialog.exp <<'EXP'
source begin.exp
spawn -noecho $env(MKTD) init --data asked
answer "(who has one) \[anyone]: " "me"
answer "(who has one) \[anyone]: " "token"
answer "unix:PATH \[127.0.0.1:3456]: " ""
source end.exp
EXP
  timeout 60 "$(type -P expect)" dialog.exp >out 2>&1 || { cat out >&2; fail "the dialog"; }
  says out 'neither anyone nor token'
  grep -qxF 'reads = "token"' asked/mktd.conf || fail "$(<asked/mktd.conf)"
  # Where the answer is https, the two files are asked for, until they can be used.
  cat >dialog.exp <<'EXP'
source begin.exp
spawn -noecho $env(MKTD) init --data secure
answer "(who has one) \[anyone]: " ""
answer "unix:PATH \[127.0.0.1:3456]: " "https://127.0.0.1:8443"
answer "Certificate for https, with its chain, a PEM file: " ""
answer "Certificate for https, with its chain, a PEM file: " "nowhere.crt"
answer "Its private key, a PEM file: " "tls.key"
answer "Certificate for https, with its chain, a PEM file: " "tls.crt"
answer "Its private key, a PEM file: " "tls.key"
source end.exp
EXP
  timeout 60 "$(type -P expect)" dialog.exp >out 2>&1 || { cat out >&2; fail "the dialog for https"; }
  says out 'nowhere.crt'
  grep -qxF "tls-key = \"$work/tls.key\"" secure/mktd.conf || fail "$(<secure/mktd.conf)"
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
