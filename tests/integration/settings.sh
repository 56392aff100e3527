#!/usr/bin/env bash
# A setting that is wrong stops both programs, with the file and the line.
source "$(dirname "$0")/lib.sh"

mkdir -p "$XDG_CONFIG_HOME/mkt"
config=$XDG_CONFIG_HOME/mkt/config.toml

# mkt: what does not parse, what is unknown.
for line in 'tenant' 'tenant = team' 'tenant "team"' 'tenant = "team' 'tenant = ["team"]' 'tennant = "team"' \
  'require-trusted yes' 'max_entries = 10 000' '[mirror' '= 3'; do
  printf '# settings\n%s\n' "$line" >"$config"
  expect 2 "$MKT" outdated
  says err "$config:2: "
done
printf '[mkt]\nregistry = "http://127.0.0.1:1"\n' >"$config"
expect 2 "$MKT" outdated
says err "$config:1: mkt is not a setting"
printf 'registry = "http://127.0.0.1:1"\ntoken-file = "/nowhere"\n' >"$config"
expect 3 "$MKT" outdated
rm "$config"
for url in http://127.0.0.1:99999 http://127.0.0.1:65536 http://127.0.0.1:0 http://127.0.0.1: http://127.0.0.1:80x \
  'http://[::1]:99999'; do
  expect 2 "$MKT" --registry "$url" search x
  says err "is not a registry's URL"
done
expect 7 "$MKT" --registry 'http://[::1]:65535' search x

# mktd, checked and started.
for line in 'log-level' 'log-level = info' 'log-level "info"' 'log-level = "info' 'log-levle = "info"' \
  'listen = ["127.0.0.1:0"' 'max-uploads = 1 0' '[limits' 'check-config = true' '[[webhok]]' '[webhook]' '[[limits]]' 'limit.search = "1/1h"' 'webhook.url = "http://127.0.0.1:1"' '[limits]
serch = "1/1h"' '[[limit]]
adress = "10.0.0.0/8"' '[firestore]
projekt = "x"'; do
  printf '# settings\n%s\n' "$line" >mktd.conf
  at=$(($(wc -l <mktd.conf)))
  expect 2 "$MKTD" --data data --config mktd.conf --check-config
  says err "mktd.conf:$at: "
  expect 2 "$MKTD" --data data --config mktd.conf # as without --check-config
  says err "mktd.conf:$at: "
done
[[ ! -e data ]] || fail "it was started"
# A value that is none of the setting's.
printf '\nmax-uploads = 0\n' >mktd.conf
expect 2 "$MKTD" --data data --config mktd.conf --check-config
says err "mktd.conf:2: "
printf '\nlog_level = "loud"\n' >mktd.conf
expect 2 "$MKTD" --data data --config mktd.conf --check-config
says err "mktd.conf:2: "
# What mktd.conf(5) describes is taken.
cat >mktd.conf <<'CONF'
listen = [
  "127.0.0.1:0",  # any
  "unix:mktd.sock",
]
max_uploads = 1_0
access-log = false
[limits]
search = "1/1h"
on-redis-failure = ["deny"]
[[limit]]
address = "10.0.0.0/8"
search = "off"
CONF
expect 0 "$MKTD" --data data --config mktd.conf --check-config

# Ports.
for address in 127.0.0.1:65536 127.0.0.1:99999 127.0.0.1:-1 127.0.0.1:http 127.0.0.1: 127.0.0.1 :3456; do
  expect 2 "$MKTD" --data data --listen "$address" --check-config
  says err "HOST:PORT"
done
expect 0 "$MKTD" --data data --listen 127.0.0.1:65535 --listen '[::1]:0' --listen unix:x.sock --check-config

# Without HOME nothing is guessed.
homeless() { env -u HOME -u XDG_CONFIG_HOME -u XDG_STATE_HOME -u XDG_DATA_HOME -u STATE_DIRECTORY "$@"; }
expect 2 homeless "$MKT" key list
says err "HOME is not set"
expect 2 homeless "$MKT" key generate --publisher acme --no-passphrase
says err "HOME is not set"
expect 2 env -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME= "$MKT" list
expect 2 env -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME=. "$MKT" list
[[ ! -e /.config/mkt && ! -e /.local/state/mkt ]] || fail "something was written into /"
expect 0 homeless "$MKT" --help
expect 0 homeless "$MKT" completion bash
expect 0 env -u HOME XDG_CONFIG_HOME="$work/c" XDG_STATE_HOME="$work/s" "$MKT" list
# Root's daemon has a folder of its own; it announces itself nowhere.
env -u HOME -u XDG_CONFIG_HOME -u XDG_STATE_HOME -u XDG_DATA_HOME "$MKTD" --data data --listen 127.0.0.1:0 2>>mktd.log &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
[[ ! -e /.local/state/mkt ]] || fail "it was announced in /"
stop_mktd
if ((EUID == 0)) && setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
  chmod 755 "$work"
  expect 2 homeless setpriv --reuid 65534 --clear-groups "$MKTD" --check-config
  says err "HOME is not set"
fi
