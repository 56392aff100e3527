#!/usr/bin/env bash
# The feed read by real clients of the HTML standard's EventSource: node's own, the npm package eventsource
# (MKT_EVENTSOURCE_MODULES), a browser, and each also through nginx as it is by default. They come back by
# themselves, miss nothing and hear nothing twice, also over a restart of the daemon; none is turned away for good.
source "$(dirname "$0")/lib.sh"
command -v node >/dev/null || skip "node is not installed"
clients=()
if node --experimental-eventsource -e 'new EventSource("http://127.0.0.1:9").close()' 2>/dev/null; then clients+=(own); else
  echo "skipped: node's own EventSource (needs node 20.18)"
fi
packages=${MKT_EVENTSOURCE_MODULES:-$SOURCE/build/eventsource}
if [[ -d $packages/node_modules/eventsource ]]; then clients+=(package); else
  echo "skipped: the npm package eventsource (npm install --prefix $packages eventsource@4.1.1)"
fi
browser_modules=${MKT_BROWSER_MODULES:-$SOURCE/build/browser}
CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
export CHROMIUM
if [[ -n $CHROMIUM && -d $browser_modules/node_modules/playwright-core ]]; then clients+=(browser); else
  echo "skipped: a browser (needs chromium and playwright-core: . scripts/prerequisites; need_browser_modules)"
fi
((${#clients[@]} > 0)) || skip "there is no client"
# Readers that find no place to wait come back after 10 seconds, and those who then come too early once more.
patience=120

free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)->sockport'; }
direct=$(free_port)
proxied=
cleanup() {
  ((status == 0)) || tail -n 3 -- *.read *.log >&2 || true # status is that of finish in lib.sh
  ((${#readers[@]} == 0)) || kill "${readers[@]}" 2>/dev/null || true
}
readers=()
if command -v nginx >/dev/null; then
  proxied=$(free_port)
  mkdir nginx
  cat >nginx.conf <<CONF
daemon off; pid $work/nginx/pid; error_log $work/nginx/error.log; user $(id -un) $(id -gn);
events {}
http { access_log off; client_body_temp_path $work/nginx/a; proxy_temp_path $work/nginx/b; fastcgi_temp_path $work/nginx/c;
  uwsgi_temp_path $work/nginx/d; scgi_temp_path $work/nginx/e;
  server { listen 127.0.0.1:$proxied; location / { proxy_pass http://127.0.0.1:$direct; } } }
CONF
  nginx -c "$work/nginx.conf" -p "$work/nginx" 2>/dev/null &
  readers+=($!)
else
  echo "skipped: through nginx (not installed)"
fi

start_mktd --listen "127.0.0.1:$direct"
export MKT_TOKEN=$token
register acme
publish() { # publish ID VERSION
  make_connector "$1" "$2"
  expect 0 "$MKT" publish "$1"
}
# read_feed NAME CLIENT PORT [TOKEN]: a reader whose lines go to NAME.read.
read_feed() {
  local modules=$packages
  [[ $2 != browser ]] || modules=$browser_modules
  node --no-warnings $([[ $2 != own ]] || echo --experimental-eventsource) "$SOURCE/tests/integration/event_source.mjs" \
    "$2" "$modules" "http://127.0.0.1:$3/v1/feed" "${@:4}" >"$1.read" 2>"$1.log" &
  readers+=($!)
  names+=("$1")
}
names=()
# hears NAME LINE: the reader was told so, once.
hears() { [[ $(grep -cE "^$2\$" "$1.read") == 1 ]]; }
all_hear() {
  local name
  for name in "${names[@]}"; do wait_for "$name to hear $1" hears "$name" "$1"; done
}
tail_is() { [[ $(tail -n 1 "$1.read") == "$2" ]]; } # tail_is NAME LINE
published() { echo "published [0-9]+ $1"; }

publish tool 1.0.0
for client in "${clients[@]}"; do
  read_feed "$client" "$client" "$direct"
  [[ -z $proxied ]] || read_feed "$client-nginx" "$client" "$proxied"
done
all_hear "$(published tool@1.0.0)"
publish tool 1.1.0
all_hear "$(published tool@1.1.0)"
publish secret 1.0.0
expect 0 "$MKT" visibility secret tenants:team
publish secret 1.1.0
expect 0 "$MKT" deprecate tool@1.0.0 --reason old
all_hear "deprecated [0-9]+ tool@1.0.0"
for name in "${names[@]}"; do
  grep -q 'secret@1.1.0' "$name.read" && fail "$name heard of a hidden connector"
done

# More readers from one address than may wait: the others ask again later, and hear it too.
first=${clients[0]}
for i in 1 2 3 4 5; do read_feed "more$i" "$first" "$direct"; done
all_hear "$(published tool@1.1.0)"
publish tool 1.2.0
all_hear "$(published tool@1.2.0)"

# The daemon stops and comes back. Through nginx there are answers meanwhile, 502, after which an EventSource
# gives up: so the standard has it.
stop_mktd
for name in "${names[@]}"; do
  [[ $name == *-nginx ]] || wait_for "$name to notice" tail_is "$name" again
done
start_mktd --listen "127.0.0.1:$direct"
publish tool 1.3.0
mapfile -t names < <(printf '%s\n' "${names[@]}" | grep -v -- -nginx)
all_hear "$(published tool@1.3.0)"
for name in "${names[@]}"; do
  grep -q closed "$name.read" && fail "$name gave up: $(<"$name.read")"
  grep -oE '^[a-z_]+ [0-9]+' "$name.read" | cut -d' ' -f2 | sort -n -u -C || fail "$name heard something twice, or out of order: $(<"$name.read")"
done

# Where reading wants a token: who has none is refused for good.
stop_mktd
start_mktd --listen "127.0.0.1:$direct" --reads token
names=()
read_feed refused "$first" "$direct"
wait_for "the reader without a token to give up" tail_is refused closed
if [[ -d $packages/node_modules/eventsource ]]; then
  names=()
  read_feed member package "$direct" "$("$MKT" token create --role member --subject team --name maria 2>/dev/null)"
  all_hear "$(published secret@1.1.0)"
fi
