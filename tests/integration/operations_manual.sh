#!/usr/bin/env bash
# The commands of mktd-operations(7), in order and in one shell, do what the page says.
#
# What the page takes for granted is made before its session, by the function before_SESSION below, and what the
# session should have brought about is looked at after it, by after_SESSION. The page's values in capitals are
# variables of the same names here. /srv, /etc, /backup and /media are folders of the test, the ports 3456, 3457
# and 8443 three that are free, systemctl and journalctl do here what they do with the unit of the page, and
# install leaves the files to the test's user.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
source "$(dirname "$0")/session.sh"
for program in sqlite3 jq openssl; do
  command -v $program >/dev/null || skip "$program is not installed"
done
# Of a session that fails, what it started ends too.
cleanup() { kill $(jobs -p) 2>/dev/null; }
page=mktd-operations.7
root=$work/root
mkdir -p programs desk "$root/etc/systemd/system" "$root/media/safe"
mkdir -m 700 -p "$root/backup" "$root/srv/mktd" "$root/srv/larger"
ln -s "$MKT" programs/mkt
ln -s "$MKTD" programs/mktd
export PATH=$work/programs:$PATH MKT_KEY_PASSPHRASE='two people know it'
set +m

# Two ports at which nobody answers, below those that the system gives out by itself.
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && (: <>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do :; done
  echo "$port"
}
port=$(free_port)
other_port=$(free_port)
tls_port=$(free_port)
export MKT_REGISTRY=http://127.0.0.1:$port

# here: what the page says, for this machine.
here() {
  sed -E "s#(^|[ \"'=<>(])/(srv|etc|backup|media)\b#\1$root/\2#g; s#/usr/local/bin/##g; s#:3456\b#:$port#g; s#:3457\b#:$other_port#g; s#:8443\b#:$tls_port#g"
}
for file in $(blocks $page file); do block $page file "$file" | here >"$root$file"; done
unit=$root/etc/systemd/system/mktd.service

systemctl() {
  case $* in
    'start mktd' | 'enable --now mktd')
      [[ -z $daemon ]] || fail "the page starts the daemon twice"
      local command
      command=$(sed -n 's/^ExecStart=//p' "$unit")
      rm -f "$root/srv/mktd/data/mktd.url"
      $command 2>>"$work/mktd.log" &
      daemon=$!
      wait_for "the daemon of the page" test -s "$root/srv/mktd/data/mktd.url"
      ;;
    'stop mktd')
      [[ -n $daemon ]] || fail "the page stops the daemon twice"
      stop_mktd
      ;;
    'reload mktd') kill -HUP "$daemon" ;;
    *) fail "systemctl $*" ;;
  esac
}
journalctl() {
  [[ $* == '-u mktd -o cat' ]] || fail "journalctl $*"
  cat "$work/mktd.log"
}

install() {
  [[ "$3 $4 $5 $6" == '-o mktd -g mktd' ]] || fail "install $*"
  command install "${@:1:2}" "${@:7}"
}

# The time of the registry now; what follows is later.
moment() {
  date -u +%FT%T.%3NZ
  sleep 0.01
}
status_of_key() { mkt --json publisher show acme | jq -r --arg k "$1" '.keys[] | select(.keyId == $k).status'; }
status_of() { # METHOD PATH [CURL-ARGUMENT…]
  curl -sS -o /dev/null -w '%{http_code}' -X "$1" "${@:3}" "$MKT_REGISTRY$2"
}
whoami_with() { status_of GET /v1/tokens/current -H "Authorization: Bearer $1"; }

after_admins() {
  [[ $(mkt --json whoami | jq -r '.role + " " + .name') == 'admin alice' ]] || fail "whoami: $(mkt --json whoami)"
}
after_fingerprint() {
  FINGERPRINT=$(mkt --json publisher show acme | jq -r '.keys[].fingerprint')
}
before_ci() {
  make_connector tool 1.0.0
  make_connector other 0.1.0
}
after_daily() {
  [[ $(find "$XDG_CONFIG_HOME/mkt/keys" -name '*.key' | wc -l) == 1 ]] || fail "the offline key stays on the machine"
}
after_pin() {
  mkt --tenant team install other >/dev/null 2>&1
  first_daily=$daily
}
after_rotate() { [[ $daily != "$first_daily" && $(status_of_key "$first_daily") == retired ]] || fail "not rotated"; }
after_backup() { [[ $(ls "$root/backup") == registry-*.tar ]] || fail "no backup"; }
after_incremental() { [[ $(tar -xOf "$root"/backup/changes-*.tar since) == 'previous registry-'* ]] || fail "no incremental backup"; }
after_drill() { [[ ! -e $root/srv/mktd/drill && -s drill.tgz ]] && ! curl -sS "http://127.0.0.1:$other_port/readyz" 2>/dev/null || fail "the drill goes on"; }
after_upgrade() {
  mkt token create --role admin --name lost >/dev/null 2>&1
  systemctl stop mktd
  # A newer version was here.
  sqlite3 "$root/srv/mktd/data/mktd.db" 'PRAGMA user_version = 1000'
  sqlite3 -readonly "$root/srv/mktd/data/mktd.db" .dump >newer.dump
}
after_newer() {
  [[ $(sqlite3 -readonly "$root/srv/mktd/data/mktd.db" 'PRAGMA user_version') == 1000 ]] || fail "the newer folder has another schema"
  sqlite3 -readonly "$root/srv/mktd/data/mktd.db" .dump | cmp - newer.dump || fail "the newer folder was changed"
  mkdir newer
  sqlite3 -readonly "$root/srv/mktd/data/mktd.db" "VACUUM INTO 'newer/mktd.db'"
  tar -cf newer.tar -C newer mktd.db
  expect 10 mktd restore --data from-newer newer.tar
  says err "newer mktd"
}
after_downgrade() {
  # A backup of an older version, without a tarball: the newer one restores it, and changes it at its start.
  mkdir older
  sqlite3 older/mktd.db <"$SOURCE/tests/unit/store/schema_4.sql"
  sqlite3 older/mktd.db "DELETE FROM installation_events; DELETE FROM installations; DELETE FROM approvals;
    DELETE FROM install_requests; DELETE FROM versions; PRAGMA user_version = 4"
  tar -cf older.tar -C older mktd.db
  expect 0 mktd restore --data from-older older.tar
  mktd --data from-older --listen 127.0.0.1:0 2>>older.log &
  local older=$!
  wait_for "the daemon on an older folder" test -s from-older/mktd.url
  kill "$older" && wait "$older"
  [[ $(sqlite3 -readonly from-older/mktd.db 'PRAGMA user_version') == "$(block mktd-data.5 example schema)" ]] ||
    fail "the older folder was not changed"
}
before_watch() {
  # What goes wrong is in the log.
  cp "$root/etc/mktd.conf" kept
  echo nonsense >"$root/etc/mktd.conf"
  kill -HUP "$daemon"
  wait_for "the log to tell of the settings" grep -qE 'level=(warning|error)' "$work/mktd.log"
  mv kept "$root/etc/mktd.conf"
}
before_request() {
  REQUESTID=$(curl -sS -o /dev/null -D - "$MKT_REGISTRY/v1/search" | tr -d '\r' | sed -n 's/^X-Request-Id: //Ip')
}
before_stolen-look() {
  TIME=$(moment)
  KEYID=$daily
  make_connector tool 2.0.0
  mkt publish tool >/dev/null 2>&1
}
after_stolen-look() { [[ $(status_of_key "$KEYID") == active ]] || fail "the look revoked it"; }
after_stolen-revoke() {
  [[ $(status_of_key "$KEYID") == revoked ]] || fail "it is not revoked"
  [[ $(status_of GET /v1/connectors/tool/2.0.0/tarball) == 409 ]] || fail "what it signed is served"
  [[ $(status_of GET /v1/connectors/tool/1.0.0/tarball) == 200 ]] || fail "what was signed before is not served"
}
after_stolen-countersign() {
  [[ $(status_of GET /v1/connectors/tool/2.0.0/tarball) == 200 ]] || fail "what was signed again is not served"
  mkt install tool@2.0.0 --require-trusted --root trusted >/dev/null 2>&1 || fail "who pinned the offline key does not trust it"
}
before_token() {
  TOKENID=$(cut -d_ -f2 ci.token)
  stolen=$(<ci.token)
  [[ $(whoami_with "$stolen") == 200 ]] || fail "the token is not valid"
  mkt --token-file ci.token deprecate tool@1.0.0 --reason 'a thief was here' >/dev/null 2>&1
}
after_token() {
  [[ $(whoami_with "$stolen") == 401 ]] || fail "the token is still valid"
  grep -q 'version.deprecate.*tool@1.0.0' "$work/printed" || fail "what was done with the token is not shown"
  mkt deprecate --undo tool@1.0.0 >/dev/null 2>&1
}
after_bad-tenants() { grep -q installation.add "$work/printed" || fail "the log does not tell who has it"; }
after_bad-block() {
  [[ $(mkt --tenant team policy check other@0.1.0 2>&1) == *refused* ]] || fail "the tenant may still install it: $(mkt --tenant team policy check other 2>&1)"
}
after_bad-quarantine() {
  [[ $(status_of GET /v1/connectors/other/0.1.0/tarball) == 409 ]] || fail "it is served"
  [[ $(status_of GET /v1/connectors/tool/1.0.0/tarball) == 200 ]] || fail "more is in quarantine than was meant"
}
before_full-gc() {
  local bytes
  bytes=$(echo stray | sha256sum | cut -c 1-64)
  mkdir -p "$root/srv/mktd/data/blobs/${bytes:0:2}"
  echo stray >"$root/srv/mktd/data/blobs/${bytes:0:2}/$bytes"
  stray=$root/srv/mktd/data/blobs/${bytes:0:2}/$bytes
  touch -d '2 days ago' "$stray"
}
after_full-gc() { [[ ! -e $stray ]] || fail "gc left what nothing refers to"; }
before_full-start() {
  mv "$root/srv/mktd/data" old
  mv "$root/srv/larger/data" "$root/srv/mktd/data"
}
before_broken-look() {
  BLOB=$(mkt --json info tool@1.0.0 | jq -r '.checksum | ltrimstr("sha256:") | "blobs/\(.[:2])/\(.)"')
  flip_byte "$root/srv/mktd/data/$BLOB" 20
}
before_broken-restore() {
  printf garbage | dd of="$root/srv/mktd/data/mktd.db" bs=1 seek=8192 conv=notrunc status=none
}
after_broken-restore() {
  # "A client that has seen a newer list of keys refuses the registry", and what mends that.
  expect 12 mkt key refresh
  expect 0 mkt key refresh --forget
  expect 0 mkt key refresh
  # "Revoke again": the backup did not know.
  [[ $(status_of_key "$KEYID") != revoked ]] || fail "the backup knew of the revocation"
}
before_lost-other() {
  mkt token create --role admin --name bob >bob.old 2>/dev/null
  TOKENID=$(cut -d_ -f2 bob.old)
}
after_lost-other() {
  [[ $(whoami_with "$(<bob.old)") == 401 && $(whoami_with "$(<bob.token)") == 200 ]] || fail "bob's tokens"
}
before_lost-all() {
  mkt token create --role admin --name alice >alice.lost 2>/dev/null
  rm "$root/srv/mktd/data/admin.token"
  mkt logout >/dev/null 2>&1
  expect 4 mkt token list
}
after_lost-all() { grep -q '"subject"' "$work/printed" || fail "the log does not tell of the new token"; }
before_lost-proper() { TOKENID=$(cut -d_ -f2 alice.lost); }
after_lost-proper() {
  [[ $(mkt --json whoami | jq -r .name) == alice ]] || fail "whoami says $(mkt whoami)"
  [[ $(whoami_with "$(<alice.lost)") == 401 ]] || fail "the lost token is still valid"
}
HOST=127.0.0.1
# a_certificate FOLDER: fullchain.pem and privkey.pem, as certbot leaves them.
a_certificate() {
  mkdir -p "$1"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=connectors.acme.example \
    -addext subjectAltName=DNS:connectors.acme.example -keyout "$1/privkey.pem" -out "$1/fullchain.pem" 2>/dev/null
  chmod 600 "$1/privkey.pem"
}
served() { openssl s_client -connect "127.0.0.1:$tls_port" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
serves() { [[ $(served) == "$(openssl x509 -in "$1" -noout -serial)" ]]; }
loaded() { grep -c 'TLS certificate loaded' "$work/mktd.log" || true; }
before_certificate-check() {
  a_certificate "$root/etc/mktd"
  RENEWED_LINEAGE=$root/etc/letsencrypt/live/connectors.acme.example
  a_certificate "$RENEWED_LINEAGE"
  systemctl stop mktd
  sed -i '/^listen/d' "$root/etc/mktd.conf"
  { # settings come before tables
    echo "listen = [\"127.0.0.1:$port\", \"https://127.0.0.1:$tls_port\"]"
    echo "tls-certificate = \"$root/etc/mktd/fullchain.pem\""
    echo "tls-key = \"$root/etc/mktd/privkey.pem\""
    cat "$root/etc/mktd.conf"
  } >with-tls.conf
  cp with-tls.conf "$root/etc/mktd.conf"
  systemctl start mktd
  serves "$root/etc/mktd/fullchain.pem" || fail "the first certificate is not served"
}
after_certificate-copy() {
  wait_for "the renewed certificate" serves "$RENEWED_LINEAGE/fullchain.pem"
  [[ $(stat -c %a "$root/etc/mktd/privkey.pem") == 600 ]] || fail "the key's mode"
}
before_certificate-reload() { loaded_before=$(loaded); }
loaded_again() { (($(loaded) > loaded_before)); }
after_certificate-reload() { wait_for "the reload" loaded_again; }

leave() { return "$1"; }
ran=0
last=0
# run_session NAME: its commands.
run_session() {
  local name=$1 folder count i command next value
  if declare -F "before_$name" >/dev/null; then "before_$name"; fi
  folder=$work/sessions/$name
  mkdir -p "$folder"
  block $page session "$name" >"$folder/all"
  count=$(split_commands "$folder" <"$folder/all")
  ((count > 0)) || fail "the session $name has no command"
  for ((i = 1; i <= count; i++)); do
    next=
    [[ $i == "$count" ]] || next=$(<"$folder/$((i + 1)).command")
    command=$(here <"$folder/$i.command")
    for value in KEYID TIME TOKENID REQUESTID FINGERPRINT BLOB HOST; do
      [[ $command != *$value* ]] || command=${command//$value/${!value}}
    done
    set +e
    set +o pipefail # as in the shell of the page's reader
    leave "$last"
    eval "$command" >"$work/printed" 2>&1
    last=$?
    set -eo pipefail
    ran=$((ran + 1))
    if [[ $last != 0 && $next != 'echo $?' ]]; then
      cat "$work/printed" >&2
      fail "exit status $last in $name: $command"
    fi
    if [[ -s $folder/$i.shown ]]; then prints_shown "$folder/$i.shown" "$work/printed" "$command"; fi
  done
  if declare -F "after_$name" >/dev/null; then "after_$name"; fi
}

cd desk
for name in $(blocks $page session); do run_session "$name"; done
# What is told of sessions of the page is of those that there are.
for name in $(declare -F | sed -nE 's/^declare -f (before|after)_//p'); do
  [[ -d $work/sessions/$name ]] || fail "the page has no session $name"
done
[[ $(grep -cE '^(\\&)?\$ ' "$SOURCE/man/$page") == "$ran" ]] || fail "the page has commands that were not run"
cd "$work"
echo "$ran commands"
