#!/usr/bin/env bash
# A full disk: 507, exit status 11, reads go on, and it recovers by itself. Needs to mount a tmpfs.
source "$(dirname "$0")/lib.sh"

mkdir -p data
mount -t tmpfs -o size=6m,mode=700 tmpfs data 2>/dev/null || skip "disk_full: cannot mount a tmpfs here"
trap 'stop_mktd || true; umount data; finish' EXIT

start_mktd
register acme
make_connector small
expect 0 "$MKT" publish small
make_connector large
head -c 8000000 /dev/urandom >large/noise.bin
expect 11 "$MKT" publish large
says err "No space left"
[[ -z $(ls data/blobs/incoming) ]] || fail "the failed upload stays"
expect 3 "$MKT" info large
expect 0 "$MKT" install small
head -c 1000 /dev/urandom >large/noise.bin
expect 0 "$MKT" publish large

# Not a byte left, even for the database: requests are answered 507, reads go on.
ask() { expect_http "$1" "$2" POST "/v1/tenants/$3/installs" -H "Authorization: Bearer $token" -d '{"connectorId": "small"}'; }
ask 201 - before
dd if=/dev/zero of=data/ballast bs=1k status=none 2>/dev/null || true
make_connector more
expect 11 "$MKT" publish more
for ((i = 0; i < 50; i++)); do
  [[ $(http POST "/v1/tenants/full-$i/installs" -H "Authorization: Bearer $token" -d '{"connectorId": "small"}') != 507 ]] || break
done
ask 507 storage_full full
# Who signs out then is out, and told that the log has no room for it.
signed() { [[ $(http GET /log -H 'Accept: text/html' -H "Cookie: $cookie") == "$1" ]] || fail "signed in or out: $(<body)"; }
http POST /sign-in -H 'Accept: text/html' --data-urlencode "token=$token" >/dev/null
cookie=$(sed -nE 's/^set-cookie: (mkt-session=[^;]+);.*/\1/Ip' headers)
signed 200
form=$(sed -nE 's/.*name="form" value="([0-9a-f]{64})".*/\1/p' body | head -n 1)
[[ $(http POST /sign-out -H 'Accept: text/html' -H "Cookie: $cookie" -d "form=$form") == 507 ]] || fail "sign out: $(<body)"
says body "You are signed out here"
grep -qi '^set-cookie: mkt-session=; .*Max-Age=0' headers || fail "the browser keeps its cookie: $(<headers)"
signed 401
expect_http 200 - GET /v1/tenants/before/installs -H "Authorization: Bearer $token"
[[ $(jq '.installations | length' body) == 1 ]] || fail "what was answered is gone"
expect 0 "$MKT" install small --dir again
# A daemon that starts there gives what it has, though it cannot leave its address.
stop_mktd
dd if=/dev/zero of=data/ballast2 bs=1k status=none 2>/dev/null || true
free_port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)->sockport')
"$MKTD" --data data --listen "127.0.0.1:$free_port" "${no_limits[@]}" 2>>mktd.log &
daemon=$!
export MKT_REGISTRY=http://127.0.0.1:$free_port MKT_TOKEN=$token
wait_for "mktd to start on a full disk" curl -fsS -o health "$MKT_REGISTRY/health"
[[ ! -e data/mktd.url ]] || fail "mktd.url: $(<data/mktd.url)"
expect 0 "$MKT" install small --dir once-more
ask 507 storage_full full
rm data/ballast data/ballast2
ask 201 - full
expect 0 "$MKT" publish more
expect 0 "$MKT" install more

# And where the client unpacks.
mkdir target
mount -t tmpfs -o size=64k tmpfs target
trap 'stop_mktd || true; umount data target; finish' EXIT
make_connector wide
head -c 400000 /dev/urandom >wide/noise.bin
expect 0 "$MKT" publish wide
expect 11 "$MKT" install wide --root target
[[ -z $(ls -A target) ]] || fail "a failed install leaves $(ls -A target)"
