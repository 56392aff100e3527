#!/usr/bin/env bash
# Where the registry's reads want a token, nothing of the catalog is told to who has none: each read of
# the OpenAPI document is asked for with and without. A token of any role reads.
source "$(dirname "$0")/lib.sh"

start_mktd
export MKT_TOKEN=$token
register acme
make_connector tool
expect 0 "$MKT" publish tool
reader=$("$MKT" token create --role member --subject team --name reader)
publisher=$("$MKT" token create --role publisher --subject acme --name ci)
# status_of PATH [TOKEN [METHOD]]
status_of() {
  curl -sS -o body -w '%{http_code}' -X "${3:-GET}" ${2:+-H "Authorization: Bearer $2"} "$MKT_REGISTRY$1"
}
# Something that is kept, and so sent without asking the application.
for i in 1 2 3; do curl -sSf -o /dev/null "$MKT_REGISTRY/v1/connectors/tool/1.0.0"; done
stop_mktd
printf 'reads = "token"\n' >mktd.conf
start_mktd --config mktd.conf

curl -sSf "$MKT_REGISTRY/v1/openapi" | jq -r '.paths | to_entries[] | select(.value.get) | .key' |
  sed 's/{id}/tool/; s/{version}/1.0.0/; s/{tenant}/team/; s/{connector}/tool/; s/publishers\/tool/publishers\/acme/; s/check$/check?connector=tool\&version=1.0.0/' |
  sort -u >reads
open='/healthz /readyz /metrics /v1/ops/metrics /v1/status /v1/openapi'
[[ $(wc -l <reads) -ge 25 ]] || fail "reads: $(<reads)"
while read -r path; do
  wanted=401
  [[ " $open " != *" $path "* ]] || wanted=200
  got=$(status_of "$path")
  [[ $got == "$wanted" ]] || fail "$path without a token: $got, not $wanted"
  if [[ $wanted == 401 ]]; then
    [[ $(jq -r .code body) == unauthorized ]] || fail "$path: $(<body)"
    ! grep -qiE 'tool|acme' body || fail "$path tells something: $(<body)"
  fi
  got=$(status_of "$path" wrong)
  [[ $got == 401 ]] || fail "$path with a wrong token: $got"
done <reads
# Nor do changes tell what is there, by which error they are answered with.
filled() { sed 's/{version}/1.0.0/; s/{tenant}/team/; s/{connector}/tool/; s/{publisher}/acme/; s/{[a-zA-Z]*}/x/g'; }
changes=$(curl -sSf "$MKT_REGISTRY/v1/openapi" | jq -r '.paths | to_entries[] | .key as $path | .value | keys[] |
  select(. != "get" and . != "parameters") | "\(ascii_upcase) \($path)"')
for id in tool nothing; do
  while read -r method path; do
    case "$method $path" in
      "POST /v1/publishers" | *"/challenges") continue ;; # registration
    esac
    got=$(status_of "$path" "" "$method")
    [[ $got == 401 && $(jq -r .code body) == unauthorized ]] || fail "$method $path without a token: $got $(<body)"
  done < <(sed "s/{id}/$id/" <<<"$changes" | filled)
done
for path in /v1/search /v1/connectors/tool /v1/connectors/tool/latest /v1/connectors/tool/1.0.0/signature \
  /v1/connectors/tool/1.0.0/tarball /v1/connectors/tool/owners /v1/keys /v1/publishers /v1/publishers/acme /v1/stats /health; do
  for who in "$token" "$reader" "$publisher"; do
    [[ $(status_of "$path" "$who") == 200 ]] || fail "$path with a token: $(<body)"
  done
done
# Nothing that a proxy on the way may keep for others.
curl -sS -D heads -o /dev/null -H "Authorization: Bearer $reader" "$MKT_REGISTRY/v1/connectors/tool/1.0.0/tarball"
grep -qi '^cache-control: private' heads || fail "a proxy may keep the tarball: $(<heads)"
for path in /v1/search /v1/connectors/tool /v1/keys /v1/publishers; do
  curl -sS -D heads -o /dev/null -H "X-API-Key: $reader" "$MKT_REGISTRY$path"
  grep -qi '^cache-control: .*private' heads || fail "a proxy may keep $path: $(<heads)"
done
[[ $(curl -sS -o /dev/null -w '%{http_code}' -I "$MKT_REGISTRY/v1/connectors/tool") == 401 ]] || fail "HEAD without a token"

# mkt signs in where it must, for each kind of read.
for who in "$reader" "$publisher"; do
  export MKT_TOKEN=$who
  expect 0 "$MKT" search tool
  says out tool
  expect 0 "$MKT" info tool
  expect 0 "$MKT" download tool -o "got-${who:4:4}.tgz"
  expect 0 "$MKT" key refresh
done
MKT_TOKEN=$reader expect 0 "$MKT" install tool --dir here
# Not where another registry wants it, and not without one.
unset MKT_TOKEN
export XDG_STATE_HOME=$PWD/nobody XDG_CONFIG_HOME=$PWD/nobody
expect 4 "$MKT" search tool
says err "mkt login"
# A token that is refused at login is not replaced by another one.
MKT_TOKEN=$reader expect 4 "$MKT" login --with-token <<<"mkt_000000000000_$(printf '0%.0s' {1..64})"

# A reload opens and closes; what was kept meanwhile is not sent any more.
printf 'reads = "anyone"\n' >mktd.conf
kill -HUP "$daemon"
is_open() { [[ $(status_of /v1/connectors/tool/1.0.0) == 200 ]]; }
wait_for "the reload" is_open
for i in 1 2 3; do [[ $(status_of /v1/connectors/tool/1.0.0) == 200 ]] || fail "not open"; done
printf 'reads = "token"\n' >mktd.conf
kill -HUP "$daemon"
is_closed() { [[ $(status_of /v1/keys) == 401 ]]; }
wait_for "the second reload" is_closed
[[ $(status_of /v1/connectors/tool/1.0.0) == 401 ]] || fail "what was kept is sent to anyone"
printf 'reads = "some"\n' >bad.conf
expect 2 "$MKTD" --config bad.conf --check-config
says err "reads"
