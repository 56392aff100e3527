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
# A time without a unit may mean days, and is not taken for seconds.
for line in 'token-lifetime = "90"' '[limits]
search = "10/15"'; do
  printf '%s\n' "$line" >mktd.conf
  expect 2 "$MKTD" --data data --config mktd.conf --check-config
done
printf '\ntoken-lifetime = "90"\n' >mktd.conf
expect 2 "$MKTD" --data data --config mktd.conf --check-config
says err "mktd.conf:2: "
says err "90s, 90m, 90h or 90d"
expect 0 "$MKTD" --data data --token-lifetime 90d --check-config
# What no Host and no Origin can ever be.
for name in 'https://x/' 'a:80' '*.acme.example' 'x y' ''; do
  printf '\nallowed-hosts = ["registry.acme.example", "%s"]\n' "$name" >mktd.conf
  expect 2 "$MKTD" --data data --config mktd.conf --check-config
  says err "mktd.conf:2: "
  says err "\"$name\" is no name of a host"
done
for origin in foo '*' 'https://x/path' ''; do
  printf '\nallowed-origins = ["%s"]\n' "$origin" >mktd.conf
  expect 2 "$MKTD" --data data --config mktd.conf --check-config
  says err "mktd.conf:2: "
  says err "SCHEME://HOST:PORT"
done
printf 'allowed-hosts = ["Registry.acme.example", "10.0.0.1"]\nallowed-origins = ["https://a", "http://[::1]:8080"]\n' >mktd.conf
expect 0 "$MKTD" --data data --config mktd.conf --check-config
# An entry of a table is told by its place in the file and its number, with the page that describes it.
hook='[[webhook]]
url = "http://127.0.0.1:1/x"
secret = "0123456789abcdef"
'
limit='[[limit]]
address = "10.0.0.0/8"
'
wrong_entry() { # LINE TEXT CONFIG
  printf '%s' "$3" >mktd.conf
  chmod o= mktd.conf
  expect 2 "$MKTD" --data data --config mktd.conf --check-config
  says err "mktd: mktd.conf:$1: $2"
  ! grep -q -- '--help' err || fail "$(<err)"
}
wrong_entry 2 '[limits]: search: "many" is not a limit' $'[limits]\nsearch = "many"\n'
wrong_entry 2 '[limits]: on-redis-failure must be memory or deny' $'[limits]\non-redis-failure = "pray"\n'
wrong_entry 5 '[[limit]] 2: search: search: "many" is not a limit' "$limit$limit"$'search = "many"\n'
wrong_entry 3 '[[limit]] 2: it must name one of' "$limit"$'[[limit]]\nsearch = "off"\n'
wrong_entry 3 '[[limit]] 2: ' "$limit"$'[[limit]]\naddress = "nowhere"\n'
wrong_entry 4 '[[webhook]] 2: secret must have 16' "$hook"$'[[webhook]]\nurl = "http://127.0.0.1:1/y"\nsecret = "hunter2"\n'
! grep -q hunter2 err || fail "a secret was shown"
wrong_entry 4 '[[webhook]] 2: it has the url and the events of [[webhook]] 1' "$hook$hook"
wrong_entry 4 '[[webhook]] 2: url must be' "$hook"$'[[webhook]]\nurl = "ftp://x"\n'
printf '\nlog-level = "loud"\n' >mktd.conf
expect 2 "$MKTD" --data data --config mktd.conf --check-config
says err "see: man mktd.conf"
expect 2 "$MKTD" --data data --log-level loud --check-config
says err "see: mktd --help"
# The command line precedes the environment, and that the file; what is wrong is told with where it is
# from.
printf '\nlog-level = "loud"\nlisten = ["127.0.0.1:1"]\n' >mktd.conf
expect 0 env MKTD_LOG_LEVEL=debug "$MKTD" --data data --config mktd.conf --check-config
expect 0 env MKTD_LOG_LEVEL=loud "$MKTD" --data data --config mktd.conf --log-level debug --check-config
printf '\nlog-level = "info"\nlisten = ["127.0.0.1:1"]\n' >mktd.conf
expect 2 env MKTD_LOG_LEVEL=loud "$MKTD" --data data --config mktd.conf --check-config
says err "mktd: MKTD_LOG_LEVEL: --log-level: loud"
expect 2 "$MKTD" --data data --config mktd.conf --log-level loud --check-config
says err "mktd: --log-level: loud"
expect 2 env MKTD_LISTEN=nowhere "$MKTD" --data data --config mktd.conf --check-config
says err 'mktd: MKTD_LISTEN: listen: "nowhere"'
expect 2 "$MKTD" --data data --config mktd.conf --listen nowhere --check-config
says err 'mktd: listen: "nowhere"'
# The variable that names the file does so.
printf 'log-level = "loud"\n' >mktd.conf
expect 2 env MKTD_CONFIG=mktd.conf "$MKTD" --data data --check-config
says err "mktd.conf:1: "
expect 2 env MKTD_CONFIG=nowhere.conf "$MKTD" --data data --check-config
says err "nowhere.conf"
printf 'log-level = "info"\n' >other.conf
expect 0 env MKTD_CONFIG=mktd.conf "$MKTD" --data data --config other.conf --check-config
expect 0 env MKTD_CONFIG= "$MKTD" --data data --check-config
expect 2 "$MKTD" --data data --config mktd.conf --config other.conf --check-config
says err "--config"
# Numbers are decimal, and in their range.
for number in 010 0x10 -1 18446744073709551616 1e3 ''; do
  expect 2 "$MKTD" --data data "--max-tarball-bytes=$number" --check-config
  says err "max-tarball-bytes"
done
printf 'max-entries = -3\n' >mktd.conf
expect 2 "$MKTD" --data data --config mktd.conf --check-config
says err "mktd.conf:1: "
# Addresses that nobody could listen on.
for address in unix: '[::1:80' http://127.0.0.1:80 ::1:80; do
  expect 2 "$MKTD" --data data --listen "$address" --check-config
  says err "HOST:PORT"
done
# Settings that are wrong together, each with the line that is to be changed.
wrong_entry 2 'listen: "nowhere"' $'\nlisten = ["nowhere"]\n'
wrong_entry 2 'tls-key is set and tls-certificate is not' $'\ntls-key = "key.pem"\n'
wrong_entry 1 'tls-client-ca needs' $'tls-client-ca = "ca.pem"\n'
wrong_entry 2 'listen: https://127.0.0.1:1 needs' $'\nlisten = ["https://127.0.0.1:1"]\n'
wrong_entry 2 'trusted-proxies: ' $'\ntrusted_proxies = ["everybody"]\n'
wrong_entry 3 'firestore-project: "a b" may only have' $'\n[firestore]\nproject = "a b"\n'
wrong_entry 2 'redis-url (REDIS_URL) is not of the form' $'\nredis-url = "127.0.0.1"\n'
wrong_entry 2 'database and blobs go together' $'\ndatabase = "postgresql://127.0.0.1/x"\n'
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

# However it is spelt, a setting is set once.
for again in 'token_lifetime = "20d"' 'token-lifetime = "20d"'; do
  printf 'token-lifetime = "10d"\n%s\n' "$again" >mktd.conf
  expect 2 "$MKTD" --data data --config mktd.conf --check-config
  says err 'mktd.conf:2: '
done
printf 'firestore-project = "a"\n[firestore]\nproject = "b"\n' >mktd.conf
expect 2 "$MKTD" --data data --config mktd.conf --check-config
says err 'mktd.conf:3: firestore-project is set in line 1 already'

# Ports.
for address in 127.0.0.1:65536 127.0.0.1:99999 127.0.0.1:-1 127.0.0.1:http 127.0.0.1: 127.0.0.1 :3456; do
  expect 2 "$MKTD" --data data --listen "$address" --check-config
  says err "HOST:PORT"
done
expect 0 "$MKTD" --data data --listen 127.0.0.1:65535 --listen '[::1]:0' --listen unix:x.sock --check-config

expect 0 "$MKTD" --data data --listen 127.0.0.1:0 --listen 127.0.0.1:0 --check-config
for twice in 127.0.0.1:3456 unix:x.sock; do
  expect 2 "$MKTD" --data data --listen "$twice" --listen 127.0.0.1:1 --listen "$twice" --check-config
  says err "$twice is there twice"
done

# Operations are refused as settings are, and a bound is told in words.
expect 2 "$MKTD" check --data data --online --rate 0
[[ $(<err) == 'mktd: --rate: "0" is no number of bytes; write one from 1 on; see: mktd check --help' ]] || fail "$(<err)"
expect 2 "$MKTD" check --data data --rate 1
[[ $(<err) == 'mktd: --rate requires --online; see: mktd check --help' ]] || fail "$(<err)"
expect 2 "$MKTD" init --data data --reads foo
says err "mktd: --reads: "
expect 2 "$MKTD" gc --data data --grace 24
says err "24s, 24m, 24h or 24d"

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
