#!/usr/bin/env bash
# The front door: slow and many clients, sockets, reloading, stopping, logs.
source "$(dirname "$0")/lib.sh"

port() { echo "${MKT_REGISTRY##*:}"; }
# clients PERL: runs it with connect_to(), which gives a new connection.
clients() {
  perl -MIO::Socket::INET -e '
    use strict; use warnings; my $port = shift;
    sub connect_to { IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die "connect: $!" }
    '"$1" "$(port)"
}
# The daemon gives a head 10 s and the clients below crawl for as long: what waits for one of them
# waits longer than this, and what does not is answered in time on a busy machine too.
in_time=(--max-time 8)
quick() { expect_http 200 - GET /v1/connectors/wire/1.0.0 "${in_time[@]}"; }

cat >mktd.conf <<'CONF'
max_entries = 100
trusted_proxies = ["127.0.0.1/32"]
allowed-hosts = ["registry.acme.example"]
log_level = "info"
CONF
start_mktd --config mktd.conf --log-format json --max-uploads 2
[[ $(</proc/$daemon/comm) == mktd ]] || fail "ps and systemd would call it $(</proc/$daemon/comm)"
register acme
make_connector wire
head -c 3000000 /dev/urandom >wire/noise.bin
expect 0 "$MKT" publish wire
tarball=/v1/connectors/wire/1.0.0/tarball
expect_http 200 - GET $tarball
cp body whole.tgz

# Clients that send a byte now and then, and clients that read nothing, stop nobody else.
(clients '
  my @slow = map { my $c = connect_to(); print $c "GET /v1/conn"; $c } 1 .. 300;
  my @deaf = map { my $c = connect_to(); print $c "GET '$tarball' HTTP/1.1\r\nHost: localhost\r\n\r\n"; $c } 1 .. 40;
  $_->flush for @slow, @deaf;
  open my $ready, ">", "slow.ready"; close $ready;
  for (1 .. 100) { for my $c (@slow) { syswrite $c, "e" } select undef, undef, undef, 0.1; last if -e "slow.stop" }
') &
slow=$!
wait_for "the slow clients" test -e slow.ready
for ((i = 0; i < 20; i++)); do quick; done
expect_http 200 - GET $tarball "${in_time[@]}"
cmp body whole.tgz || fail "a download beside slow ones"
touch slow.stop
wait "$slow"

# Nor do uploads that crawl: they have workers of their own, and only who may publish gets one.
(clients '
  my @up = map { my $c = connect_to();
    print $c "POST /v1/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer '"$token"'\r\nContent-Length: 1000000\r\n\r\n{"; $c->flush; $c } 1 .. 5;
  open my $ready, ">", "up.ready"; close $ready;
  for (1 .. 100) { select undef, undef, undef, 0.1; last if -e "up.stop" }
') &
slow=$!
wait_for "the slow uploads" test -e up.ready
for ((i = 0; i < 20; i++)); do quick; done
expect_http 201 - POST /v1/tokens -H "Authorization: Bearer $token" "${in_time[@]}" -d '{"role":"admin","name":"small body"}'
touch up.stop
wait "$slow"

# A client that says that no more will come still gets its answers, in order.
answers=$(clients '
  my $c = connect_to();
  print $c join "", map { "GET /v1/connectors/" . ($_ % 2 ? "wire" : "none") . " HTTP/1.1\r\nHost: localhost\r\n\r\n" } 1 .. 50;
  $c->flush; shutdown $c, 1;
  while (<$c>) { print "$1\n" while /HTTP\/1.1 (\d+)/g }')
[[ $answers == "$(for ((i = 1; i <= 50; i++)); do ((i % 2)) && echo 200 || echo 404; done)" ]] || fail "pipelined: $answers"
# What a client sends ahead of its answers waits on its side, not in the daemon's memory.
memory() { awk '/VmHWM/ {print $2}' "/proc/$daemon/status"; } # KiB
before=$(memory)
clients '
  my $c = connect_to(); $c->blocking(0); my ($sent, $end, $junk) = (0, time + 3, "");
  my $some = "GET /v1/connectors/none HTTP/1.1\r\nHost: localhost\r\n\r\n" x 1000;
  my $left = $some;
  while ($sent < 200_000_000 && time < $end) {
    my $n = syswrite $c, $left;
    if (defined $n) { $sent += $n; substr($left, 0, $n) = ""; $left = $some if $left eq "" }
    1 while sysread $c, $junk, 1 << 20;
    select undef, undef, undef, 0.001 unless defined $n;
  }'
took=$(($(memory) - before))
((took < $(memory_bound $((32 * 1024))))) || fail "requests sent ahead took $((took / 1024)) MiB"
# A small body in pieces needs no worker, and is answered.
answer=$(clients '
  my $c = connect_to(); my $body = q({"role":"admin","name":"in pieces"});
  print $c "POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer '"$token"'\r\nContent-Length: " . length($body) . "\r\n\r\n";
  for my $byte (split //, $body) { print $c $byte; $c->flush; select undef, undef, undef, 0.002 }
  print while <$c>;')
[[ $answer == "HTTP/1.1 201"* ]] || fail "a body in pieces: $answer"

# A small body that waits to be asked for is asked for at once.
expect_http 201 - POST /v1/tokens -H "Authorization: Bearer $token" -H 'Expect: 100-continue' "${in_time[@]}" \
  -d '{"role":"admin","name":"expected"}'
grep -q '100 Continue' headers || fail "the body was not asked for"

# HEAD and 304 agree with GET, from the cache too. In between the count of downloads may be written,
# which changes the answer and perhaps its length: then they are asked again.
head_agrees() {
  local length
  http GET /v1/connectors/wire/1.0.0 >/dev/null
  length=$(curl -sSI "$MKT_REGISTRY/v1/connectors/wire/1.0.0" | tr -d '\r' | sed -n 's/^Content-Length: //p')
  [[ $length == $(stat -c %s body) ]]
}
not_modified() {
  http GET /v1/connectors/wire/1.0.0 >/dev/null
  etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' headers)
  [[ $(http GET /v1/connectors/wire/1.0.0 -H "If-None-Match: $etag") == 304 && ! -s body ]]
}
for ((i = 0; i < 2; i++)); do
  expect_http 200 - GET /v1/connectors/wire/1.0.0
  grep -q '^Date: ' headers || fail "no Date"
  wait_for "304 without a body" not_modified
  expect_http 200 - GET /v1/connectors/wire/1.0.0 -H 'If-None-Match: "other"'
  wait_for "HEAD to agree with GET" head_agrees
done
# The cache shows every change at once.
for v in 1.0.1 1.0.2 1.0.3; do
  make_connector wire $v
  expect 0 "$MKT" publish wire
  expect_http 200 - GET /v1/connectors/wire/latest
  [[ $(jq -r .version body) == "$v" ]] || fail "latest is stale"
done

# A web page cannot reach it through the user's browser.
expect_http 421 host_not_allowed GET /v1/keys -H 'Host: evil.example'
expect_http 421 host_not_allowed GET /v1/connectors/wire/1.0.0 -H 'Host: evil.example'
expect_http 403 origin_not_allowed POST /v1/tokens -H 'Origin: http://evil.example' -d '{}'
expect_http 403 origin_not_allowed GET /v1/tokens -H 'Origin: http://evil.example' -H "Authorization: Bearer $token"
expect_http 400 invalid_request GET /v1/keys -H 'Host: localhost:evil.example'
expect_http 200 - GET /v1/keys -H 'Host: registry.acme.example'

# The log: JSON, with route, who, and the client behind the proxy.
expect_http 200 - GET /v1/log -H "Authorization: Bearer $token" -H 'X-Forwarded-For: 203.0.113.9'
logged() { grep '"msg":"request"' mktd.log | jq -e "select($1)" >/dev/null; }
wait_for "the log" logged '.route == "/v1/log" and .who == "admin" and .address == "203.0.113.9" and .status == 200 and .out > 0'
grep '^{' mktd.log | jq -e . >/dev/null || fail "the log is not JSON"

# SIGHUP: what can change does, what cannot is said, what is wrong changes nothing.
sed -i 's/max_entries = 100/max_entries = 3/; s/"info"/"warning"/' mktd.conf
echo 'listen = ["127.0.0.1:1"]' >>mktd.conf
kill -HUP "$daemon"
wait_for "the reload" grep -q 'max-entries: 100, now 3' mktd.log
! grep -q 'needs a restart' mktd.log || fail "the flag wins over the file: nothing needs a restart"
make_connector wire 1.0.4
expect 4 "$MKT" publish wire
says err "3"
echo 'nonsense = true' >>mktd.conf
kill -HUP "$daemon"
wait_for "the refusal" grep -q 'was not reloaded' mktd.log
grep 'was not reloaded' mktd.log | jq -e 'select(.level == "error" and (.reason | test("nonsense")))' >/dev/null ||
  fail "the reason is not in the log: $(grep -a 'not reloaded' mktd.log)"
! grep -v '^{' mktd.log | grep -v '^mktd: listening on ' || fail "a line of the log is not JSON"
quick
sed -i '/nonsense/d; s/= 3$/= 100/; s/max_uploads.*//' mktd.conf
kill -HUP "$daemon"
wait_for "the reload" "$MKT" publish wire
# A file that is being written: of its settings none is there yet, and none is taken over.
refusals() { grep -c 'was not reloaded' mktd.log; }
more_refusals() { (($(refusals) > $1)); }
cp mktd.conf whole.conf
for part in '' '# a comment'; do
  so_far=$(refusals)
  printf '%s' "$part" >mktd.conf
  kill -HUP "$daemon"
  wait_for "the refusal of a part" more_refusals "$so_far"
done
cp whole.conf mktd.conf
chmod o+w mktd.conf
so_far=$(refusals)
kill -HUP "$daemon"
wait_for "the refusal of a file that everybody may write" more_refusals "$so_far"
says mktd.log "chmod go-w mktd.conf"
chmod o-w mktd.conf

# SIGTERM: no new clients, what is in flight is finished, exit status 0.
curl -sS --limit-rate 2M -o slow.tgz "$MKT_REGISTRY$tarball" &
download=$!
wait_for "the download" test -s slow.tgz
pid=$daemon
kill "$pid"
daemon=
wait "$pid" || fail "mktd ended with $?"
wait "$download" || fail "the download in flight was cut"
cmp slow.tgz whole.tgz || fail "the download in flight is damaged"

# A Unix socket: a stale one is replaced, one in use and a file are not.
start_mktd --listen "unix:$work/mktd.sock"
[[ $(curl -sS --unix-socket mktd.sock http://anything/healthz | jq -r .status) == ok ]] || fail "the Unix socket"
[[ $(stat -c %a mktd.sock) == 660 ]] || fail "the socket's mode"
expect 2 "$MKTD" --data other --listen "unix:$work/mktd.sock"
says err "another program listens"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
daemon=
[[ -S mktd.sock ]] || fail "the test wants a stale socket"
start_mktd --listen "unix:$work/mktd.sock" --max-connections-per-address 3 --allowed-hosts registry.acme.example
# Where a proxy stands before the socket, the browser's Host comes through it.
through_socket() { curl -sS -o body -w '%{http_code}' --unix-socket mktd.sock "http://$1/v1/keys"; }
[[ $(through_socket registry.acme.example) == 200 && $(through_socket localhost) == 200 ]] || fail "a name of ours through the socket"
[[ $(through_socket evil.example) == 421 ]] || fail "a foreign name through the socket"
# An address may hold so many connections; those of the Unix socket are not counted.
answers=$(clients '
  $SIG{PIPE} = "IGNORE";
  my @held = map { connect_to() } 1 .. 3;
  for my $c ($held[2], connect_to()) {
    print $c "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"; $c->flush;
    my $line = <$c>; print defined $line ? substr($line, 9, 3) : "closed", " ";
  }')
[[ $answers == "200 closed " ]] || fail "connections of one address: $answers"
[[ $(curl -sS --unix-socket mktd.sock http://localhost/healthz | jq -r .status) == ok ]] || fail "the stale socket stayed"
touch file
expect 2 "$MKTD" --data other --listen "unix:$work/file"
stop_mktd

# A socket for both families: an IPv4 client is the same one as anywhere else.
rm -f data/mktd.url
"$MKTD" --data data --listen '[::]:0' "${no_limits[@]}" --max-connections-per-address 2 2>both.log &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
MKT_REGISTRY=$(<data/mktd.url)
MKT_REGISTRY=http://127.0.0.1:$(port)
expect_http 200 - GET /v1/keys
wait_for "the address" grep -q 'address=127.0.0.1 .*path=/v1/keys' both.log
! grep -q '::ffff:' both.log || fail "a mapped address in the log"
clients '
  my @held = map { connect_to() } 1 .. 2;
  print {$_} "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" for @held;
  $_->flush, scalar <$_> for @held;
  open my $ready, ">", "held.ready"; close $ready;
  for (1 .. 100) { select undef, undef, undef, 0.1; last if -e "held.stop" }' &
held=$!
wait_for "the connections" test -e held.ready
! http GET /v1/keys >/dev/null 2>&1 || fail "IPv4 clients of a socket for both are not counted"
[[ $(curl -sS -o body -w '%{http_code}' "http://[::1]:$(port)/v1/keys") == 200 ]] || fail "an IPv6 client shares the count"
touch held.stop
wait "$held"
stop_mktd

# systemd's way: a socket that is there already, and word when the daemon is ready.
perl -MIO::Socket::INET -MIO::Socket::UNIX -MSocket -e '
  use strict; use warnings; my ($mktd) = @ARGV;
  my $notify = IO::Socket::UNIX->new(Local => "notify.sock", Type => SOCK_DGRAM) or die;
  my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5) or die;
  my $port = $listener->sockport;
  my $pid = fork;
  if (!$pid) {
    require POSIX;
    POSIX::dup2(fileno($listener), 3);
    $^F = 10;
    @ENV{qw(LISTEN_PID LISTEN_FDS NOTIFY_SOCKET)} = ($$, 1, "notify.sock");
    exec $mktd, "--data", "activated", "--log-level", "error";
  }
  my $said = "";
  $notify->recv($said, 100);
  print "$said ";
  my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die;
  print $c "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"; $c->flush;
  print scalar <$c>;
  kill TERM => $pid;
  $notify->recv($said, 100);
  print "$said ";
  waitpid $pid, 0;
  print $? >> 8, "\n";' "$MKTD" >activation 2>activation.err
says activation "READY=1 HTTP/1.1 200"
says activation "STOPPING=1 0"
