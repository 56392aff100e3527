#!/usr/bin/env bash
# Pages of other origins in a real browser: what they may read, and what only an allowed one may do.
source "$(dirname "$0")/lib.sh"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "cors: needs chromium"

# Two origins that serve one page, until they are stopped.
cat >page.html <<'HTML'
<!doctype html><title>page</title><pre id="out"></pre><script>
const [registry, token] = location.hash.slice(1).split(",");
const lines = [];
async function ask(name, path, options) {
  try {
    const r = await fetch(registry + path, options);
    const seen = ["ETag", "X-RateLimit-Limit", "X-Request-ID", "Retry-After"].filter(h => r.headers.get(h) !== null);
    const body = await r.text();
    let code = "";
    try { code = JSON.parse(body).code || "" } catch {}
    lines.push(`${name}: ${r.status} ${code} [${seen}]`);
  } catch (e) { lines.push(`${name}: ${e.name}`) }
}
const auth = {"Authorization": "Bearer " + token};
(async () => {
  await ask("search", "/v1/search?q=wire");
  await ask("first", "/v1/connectors/wire");
  await ask("kept", "/v1/connectors/wire");
  await ask("kept again", "/v1/connectors/wire", {cache: "no-store"});
  await ask("named", "/v1/keys", {headers: {"X-Request-ID": "page-1"}});
  await ask("missing", "/v1/connectors/none");
  await ask("tarball", "/v1/connectors/wire/1.0.0/tarball");
  await ask("tokens", "/v1/tokens", {headers: auth});
  await ask("key", "/v1/tokens", {headers: {"X-API-Key": token}});
  await ask("bad token", "/v1/tokens", {headers: {"Authorization": "Bearer no"}});
  await ask("post", "/v1/tokens", {method: "POST", body: '{"role":"admin","name":"page"}',
    headers: {...auth, "Content-Type": "application/json", "Idempotency-Key": "k" + location.port}});
  await ask("plain post", "/v1/tokens", {method: "POST", body: "{}"});
  await ask("delete", "/v1/connectors/wire/1.0.0/deprecate", {method: "DELETE", headers: auth});
  document.getElementById("out").textContent = lines.join("\n") + "\nend";
})();
</script>
HTML
perl -MIO::Socket::INET -MIO::Select -e '
  local $/; open my $f, "<", "page.html"; my $page = <$f>;
  my @s = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 20, ReuseAddr => 1) or die } 1 .. 2;
  open my $p, ">", "ports.new"; print $p join(" ", map { $_->sockport } @s), "\n"; close $p; rename "ports.new", "ports";
  my $select = IO::Select->new(@s);
  for (;;) { for my $l ($select->can_read) {
    my $c = $l->accept or next; sysread $c, my $head, 65536;
    print $c "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: " . length($page) . "\r\n\r\n$page";
    close $c } }' &
pages=$!
cleanup() { kill "$pages"; }
wait_for "the pages" test -s ports
read -r allowed foreign <ports

start_mktd --limit search=100/15m download=100/15m --allowed-origins "http://127.0.0.1:$allowed"
register acme
make_connector wire
expect 0 "$MKT" publish wire

# Without a browser: what is on the wire, also of answers that leave without a worker.
origin() { http "$1" "$2" -H "Origin: $3" "${@:4}" >status; }
field() { grep -qixF "$1"$'\r' headers || { cat headers >&2; fail "no field $1"; }; }
for ((i = 0; i < 3; i++)); do
  http GET /v1/connectors/wire >/dev/null
  field "Access-Control-Allow-Origin: *"
  origin GET /v1/connectors/wire "http://127.0.0.1:$foreign"
  field "Access-Control-Allow-Origin: *"
  origin GET /v1/connectors/wire "http://127.0.0.1:$allowed"
  field "Access-Control-Allow-Origin: http://127.0.0.1:$allowed"
  field "Vary: Origin"
done
http GET /v1/connectors/wire >/dev/null
etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' headers)
origin GET /v1/connectors/wire "http://127.0.0.1:$allowed" -H "If-None-Match: $etag"
[[ $(<status) == 304 ]] || fail "no 304"
field "Access-Control-Allow-Origin: http://127.0.0.1:$allowed"
for path in / /v1/search /v1/none/at/all /v1/connectors/wire/1.0.0/tarball; do
  origin OPTIONS $path "http://127.0.0.1:$allowed" -H 'Access-Control-Request-Method: PUT'
  [[ $(<status) == 204 && ! -s body ]] || fail "a preflight of $path: $(<status)"
  field "Access-Control-Allow-Origin: http://127.0.0.1:$allowed"
done
[[ $(http OPTIONS /v1/search) == 204 ]] || fail "OPTIONS without an origin"
! grep -qi 'Allow-Credentials' headers || fail "credentials are allowed"

show() { # PORT: what its page saw
  timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
    --disable-background-networking --disable-component-update --user-data-dir="$work/profile-$1" \
    --virtual-time-budget=20000 --dump-dom "http://127.0.0.1:$1/#$MKT_REGISTRY,$token" 2>browser.log |
    sed -e 's/.*<pre id="out">//' -e 's/<\/pre>.*//' | sed -n '1,/^end$/p' | grep ': '
}
show "$allowed" >allowed.out || { tail -5 browser.log >&2; fail "the browser showed nothing"; }
diff - allowed.out <<'TEXT' || fail "the page of an allowed origin"
search: 200  [X-RateLimit-Limit,X-Request-ID]
first: 200  [ETag,X-Request-ID]
kept: 200  [ETag,X-Request-ID]
kept again: 200  [ETag,X-Request-ID]
named: 200  [ETag,X-Request-ID]
missing: 404 connector_not_found [X-Request-ID]
tarball: 200  [ETag,X-RateLimit-Limit,X-Request-ID]
tokens: 200  [X-Request-ID]
key: 200  [X-Request-ID]
bad token: 401 unauthorized [X-Request-ID]
post: 201  [X-Request-ID]
plain post: 401 unauthorized [X-Request-ID]
delete: 200  [X-Request-ID]
TEXT
before=$(curl -sS "$MKT_REGISTRY/v1/tokens" -H "Authorization: Bearer $token" | jq '.tokens | length')
show "$foreign" >foreign.out || { tail -5 browser.log >&2; fail "the browser showed nothing"; }
diff - foreign.out <<'TEXT' || fail "the page of another origin"
search: 200  [X-RateLimit-Limit,X-Request-ID]
first: 200  [ETag,X-Request-ID]
kept: 200  [ETag,X-Request-ID]
kept again: 200  [ETag,X-Request-ID]
named: 200  [ETag,X-Request-ID]
missing: 404 connector_not_found [X-Request-ID]
tarball: 200  [ETag,X-RateLimit-Limit,X-Request-ID]
tokens: TypeError
key: TypeError
bad token: TypeError
post: TypeError
plain post: TypeError
delete: TypeError
TEXT
[[ $(curl -sS "$MKT_REGISTRY/v1/tokens" -H "Authorization: Bearer $token" | jq '.tokens | length') == "$before" ]] ||
  fail "a page of another origin made a token"
