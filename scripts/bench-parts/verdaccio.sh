#!/usr/bin/env bash
# scripts/bench-parts/verdaccio.sh [RUNS]
#
# Compares mktd and mkt with Verdaccio, an npm registry that teams host themselves, and npm: start,
# memory, metadata, tarballs, search, publish, install. Uses the verdaccio in PATH; otherwise npm,
# where it is installed, fetches it into the temporary folder. Verdaccio has no uplinks, so it asks
# no other registry. Prints medians of RUNS (default 5).
set -euo pipefail
preset=release
source "$(dirname "$0")/../prerequisites"
source "$top/scripts/measuring"
runs=${1:-5}
seconds=${quick:+1}
seconds=${seconds:-3}
connectors=${quick:+50}
connectors=${connectors:-200}

have Verdaccio npm || exit 0
need_packages "${build_packages[@]}" curl jq wrk
build mkt mktd
workshop
mkdir verdaccio
if ! command -v verdaccio >/dev/null; then
  echo "Installing into a temporary folder with npm: verdaccio 6.1.2"
  # The override gives one node-fetch, the last of its line, to all packages that need one.
  cat >verdaccio/package.json <<'JSON'
{"private": true, "dependencies": {"verdaccio": "6.1.2"}, "overrides": {"node-fetch": "2.7.0"}}
JSON
  HOME=$user_home timeout 600 npm install --prefix verdaccio --cache "$work/cache-of-npm" \
    --no-audit --no-fund --no-update-notifier >npm.log 2>&1 || {
    skipped Verdaccio "npm could not install it: $(grep -m 1 -i 'error' npm.log)"
    exit 0
  }
  PATH=$work/verdaccio/node_modules/.bin:$PATH
fi

port=$(free_port)
peer=http://127.0.0.1:$port
cat >verdaccio/config.yaml <<YAML
storage: ./storage
auth: {htpasswd: {file: ./htpasswd, max_users: 10}}
packages: {'**': {access: \$all, publish: \$authenticated, unpublish: \$authenticated}}
web: {enable: false}
max_body_size: 100mb
log: {type: stdout, format: json, level: fatal}
YAML
start_verdaccio() {
  local began=${EPOCHREALTIME/./}
  start verdaccio --config verdaccio/config.yaml --listen "127.0.0.1:$port"
  verdaccio=$child
  until curl -sf -o /dev/null "$peer/-/ping"; do sleep 0.005; done
  since "$began"
}

times=() idle=() their_times=() their_idle=()
for ((i = 0; i < runs; i++)); do
  rm -rf data
  start_mktd
  times+=("$took")
  sleep 0.5
  idle+=("$(resident "$daemon" VmRSS)")
  stop_mktd
  start_verdaccio
  their_times+=("$took")
  sleep 0.5
  their_idle+=("$(resident "$verdaccio" VmRSS)")
  stop "$verdaccio"
done
pair "start until it has answered" ms less Verdaccio "${times[*]}" "${their_times[*]}"
pair "idle: resident" MiB less Verdaccio "${idle[*]}" "${their_idle[*]}"

start_mktd
start_verdaccio
new_publisher
token=$(curl -sf -X PUT "$peer/-/user/org.couchdb.user:bench" -H 'Content-Type: application/json' \
  -d '{"name": "bench", "password": "of-the-bench-only"}' | jq -r .token)
cat >.npmrc <<NPMRC
registry=$peer/
//127.0.0.1:$port/:_authToken=$token
update-notifier=false
audit=false
fund=false
NPMRC

# make_package FOLDER [VERSION]: adds what npm needs to the connector's folder.
make_package() {
  jq -n --arg name "$(basename "$1")" --arg version "${2:-1.0.0}" \
    '{$name, $version, description: "Connects bench with teams", keywords: ["bench"], license: "Apache-2.0"}' >"$1/package.json"
}
publish_ours() { ms "$mkt" publish "$1"; }
publish_theirs() { ms npm publish "./$1"; }
# A new version each time, as a published version cannot be replaced.
next=0
with_next_version() { # COMMAND FOLDER
  next=$((next + 1))
  make_connector "$2" custom "1.0.$next"
  make_package "$2" "1.0.$next"
  "$1" "$2"
}
make_connector little
make_tree larger 4500000
declare -A size=([little]="two small files" [larger]="4.5 MB of sources")
for folder in little larger; do
  alternate "publish, ${size[$folder]}" ms less "npm publish" "with_next_version publish_ours $folder" "with_next_version publish_theirs $folder"
done

# Into an empty folder, without caches from earlier runs.
install_ours() {
  rm -rf into .cache "$XDG_CACHE_HOME"
  mkdir into
  ms "$mkt" install "$1" --root into
}
install_theirs() {
  rm -rf into .npm
  mkdir into
  echo '{"private": true}' >into/package.json
  ms npm install --prefix into "$1"
}
for folder in little larger; do
  alternate "install, ${size[$folder]}" ms less "npm install" "install_ours $folder" "install_theirs $folder"
done

# Verdaccio cannot publish many packages at once; this sends what npm would send.
for ((i = 0; i < connectors; i++)); do
  make_connector "many-$i"
  "$mkt" publish "many-$i" >/dev/null 2>&1
  jq -n --arg name "many-$i" --arg url "$peer/many-$i/-/many-$i-1.0.0.tgz" \
    --arg data "$(tar cz "many-$i" | base64 -w 0)" '{_id: $name, $name, "dist-tags": {latest: "1.0.0"},
      versions: {"1.0.0": {$name, version: "1.0.0", description: "Bench", keywords: ["custom"], dist: {tarball: $url}}},
      _attachments: {"\($name)-1.0.0.tgz": {content_type: "application/octet-stream", $data, length: ($data | length)}}}' |
    curl -sf -o /dev/null -X PUT "$peer/many-$i" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d @-
done
version=$(curl -sf "$MKT_REGISTRY/v1/connectors/larger" | jq -r .latestVersion)
their_version=$(curl -sf "$peer/larger" | jq -r '."dist-tags".latest')
asked() { # REGISTRY rate|volume PATH CONNECTIONS
  load "$4" "$1$3"
  took=${!2}
}
rates() { # WHAT UNIT CONNECTIONS OUR-PATH THEIR-PATH
  local kind=rate
  [[ $2 == req/s ]] || kind=volume
  alternate "$1, $3 connections" "$2" more Verdaccio "asked $MKT_REGISTRY $kind $4 $3" "asked $peer $kind $5 $3"
}
rates "metadata of a version" req/s 16 /v1/connectors/many-7/1.0.0 /many-7/1.0.0
rates "tarballs of 4.5 MB of sources" MB/s 16 "/v1/connectors/larger/$version/tarball" "/larger/-/larger-$their_version.tgz"
rates "search among $((connectors + 2))" req/s 4 "/v1/search?q=many" "/-/v1/search?text=many"
pair "after all this: resident at most" MiB less Verdaccio "$(resident "$daemon" VmHWM)" "$(resident "$verdaccio" VmHWM)"

# A person's page. Verdaccio's is an empty one, whose script then asks for the README. Over one connection
# a page takes little more than the system's own round trip, so 16 are measured too.
stop "$verdaccio"
sed -i 's|^web: .*|web: {enable: true, rateLimit: {windowMs: 60000, max: 100000000}}|' verdaccio/config.yaml
start_verdaccio
printf '# Little\n\nConnects **bench** with teams.\n\n%s\n' "$(printf -- '- an item of a list\n%.0s' {1..50})" >little/README.md
with_next_version publish_ours little
publish_theirs little
shown() { # CONNECTIONS URL
  load "$1" "$2" -H 'Accept: text/html'
  took=$p50
}
page() { # WHAT OUR-PATH THEIR-PATH
  curl -sf -H "Accept: text/html" "$MKT_REGISTRY$2" "$peer$3" >/dev/null
  local connections
  for connections in 1 16; do
    alternate "$1: p50, connections: $connections" ms less Verdaccio \
      "shown $connections $MKT_REGISTRY$2" "shown $connections $peer$3"
  done
}
page "page, home" / /
page "page, a connector with its README" /connectors/little /-/web/detail/little
page "page, a connector and the README's data" /connectors/little /-/verdaccio/data/package/readme/little
