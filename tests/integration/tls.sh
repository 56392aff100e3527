#!/usr/bin/env bash
# TLS: what real clients (curl, openssl, mkt) see of it, what breaks it, and how a certificate is
# renewed under load.
source "$(dirname "$0")/lib.sh"

helpers=()
cleanup() {
  for pid in "${helpers[@]}"; do kill "$pid" 2>/dev/null || true; done
}

# authority NAME: NAME.pem and NAME.key, of a team's own authority.
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
    -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
# signed NAME AUTHORITY [DAYS]: NAME.pem and NAME.key for this machine.
signed() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "${3:-30}" \
    -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") -out "$1.pem" 2>/dev/null
}
serial_of() { openssl x509 -in "$1" -noout -serial; }
# serial: of the certificate that a new connection gets.
serial() {
  openssl s_client -connect "$port" </dev/null 2>/dev/null | openssl x509 -noout -serial
}
serves() { [[ $(serial) == "$(serial_of "$1")" ]]; }
# start_tls [FLAG…]: starts mktd with TLS alone; sets port to its address.
start_tls() {
  rm -f data/mktd.url
  "$MKTD" --data data --listen https://127.0.0.1:0 --tls-certificate pair/cert.pem \
    --tls-key pair/key.pem "${no_limits[@]}" "$@" 2>>mktd.log &
  daemon=$!
  wait_while_it_lives "mktd to start" test -s data/mktd.url
  MKT_REGISTRY=$(<data/mktd.url)
  export MKT_REGISTRY
  token=$(<data/admin.token)
  port=${MKT_REGISTRY#https://}
}
# install NAME: its files become the pair that is served, each by a rename.
install_pair() {
  cp "$1.key" pair/new && chmod 600 pair/new && mv pair/new pair/key.pem
  cp "$1.pem" pair/new && mv pair/new pair/cert.pem
}
logged() { grep -cF -- "$1" mktd.log || true; }
has_logged() { (($(logged "$1") > $2)); } # TEXT MORE-THAN
tls() { curl -sS --cacert ca.pem "$@"; }
# begin_download NAME: of a tarball that no buffer holds, read as far as its first byte; end_download reads the
# rest. In between it lasts as long as the test wants.
begin_download() {
  mkfifo "$1.pipe"
  tls "$MKT_REGISTRY/v1/connectors/large/1.0.0/tarball" -o "$1.pipe" &
  download=$!
  helpers+=("$download")
  exec 9<"$1.pipe"
  dd bs=1 count=1 of="$1.tgz" status=none <&9
}
end_download() {
  cat <&9 >>"$1.tgz"
  exec 9<&-
  wait "$download"
  cmp large.tgz "$1.tgz"
}
count_of() { tls "$MKT_REGISTRY/metrics" | awk -v name="$1" '$1 == name {print $2}'; }

authority ca
authority others
mkdir pair
for name in first second; do signed $name ca; done
signed foreign others
install_pair first

# Settings that cannot be used are refused before anything is served with them.
flags=(--data data --listen https://127.0.0.1:0)
expect 2 "$MKTD" "${flags[@]}"
says err "needs tls-certificate and tls-key"
expect 2 "$MKTD" "${flags[@]}" --tls-certificate pair/cert.pem
says err "tls-certificate is set and tls-key is not"
refused() { # KEY CERTIFICATE MESSAGE [FLAG…]
  expect 2 "$MKTD" "${flags[@]}" --tls-key "$1" --tls-certificate "$2" --check-config "${@:4}"
  says err "$3"
  expect 2 "$MKTD" "${flags[@]}" --tls-key "$1" --tls-certificate "$2" "${@:4}"
  says err "$3"
  [[ ! -e data/mktd.url ]] || fail "it served"
}
cp first.key open.key && chmod 644 open.key
refused open.key first.pem "its mode is 0644); run: chmod 600 open.key"
chmod 640 open.key
refused open.key first.pem "its mode is 0640); run: chmod 600 open.key"
refused second.key first.pem "second.key does not belong to the certificate in first.pem"
refused absent.key first.pem "absent.key cannot be read: No such file or directory"
refused first.key absent.pem "absent.pem"
refused first.key first.key "has no certificate; it must be PEM"
head -c 300 first.pem >cut.pem
refused first.key cut.pem "damaged or not yet written whole: certificate 1"
cat first.pem cut.pem >cut-chain.pem
refused first.key cut-chain.pem "damaged or not yet written whole: certificate 2"
: >empty.key && chmod 600 empty.key
refused empty.key first.pem "has no private key"
openssl pkey -in first.key -aes256 -passout pass:secret -out locked.key 2>/dev/null
chmod 600 locked.key
refused locked.key first.pem "has a passphrase"
refused first.key first.pem "tls-client-ca must name who signs them" --tls-client-certificates required
refused first.key first.pem "has no certificate" --tls-client-ca first.key
expect 0 "$MKTD" "${flags[@]}" --tls-key first.key --tls-certificate first.pem --check-config
[[ ! -s err ]] || fail "warned of a good certificate: $(<err)"
# Valid settings that clients will not like are warned of.
signed past ca -1
expect 0 "$MKTD" "${flags[@]}" --tls-key past.key --tls-certificate past.pem --check-config
says err "mktd: warning: the certificate in past.pem expired on 20"
says out "the settings are valid"
expect 0 "$MKTD" --data data --listen 127.0.0.1:0 --tls-key first.key --tls-certificate first.pem --check-config
says err "mktd: warning: tls-certificate is set, and no address in listen begins with https://"

# mkt publishes and installs; curl reads, with both versions of the protocol, and nothing older.
start_tls
wait_for "the line that says it is ready" grep -q "^mktd: listening on https://$port\$" mktd.log
ktls=$(grep -o 'ktls=[a-z]*' mktd.log | tail -n 1)
echo "the kernel has TLS of its own: ${ktls#ktls=}"
expect 7 "$MKT" whoami
says err "mkt config set ca_file FILE, or MKT_CA_FILE"
MKT_CA_FILE=others.pem expect 7 "$MKT" whoami
says err "cannot prove that it is it"
MKT_CA_FILE=absent.pem expect 2 "$MKT" whoami
says err "MKT_CA_FILE (ca_file)"
expect 0 "$MKT" config set ca_file "$work/ca.pem"
expect 0 "$MKT" whoami # with the token that it finds on this machine
says out admin
https_proxy=http://127.0.0.1:9 expect 0 "$MKT" whoami
register acme
make_connector small
expect 0 "$MKT" publish small
make_connector large
head -c 50000000 /dev/urandom >large/lib/noise.bin
expect 0 "$MKT" publish large
expect 0 "$MKT" download large -o large.tgz
tls "$MKT_REGISTRY/v1/connectors/large/1.0.0/tarball" -o by-curl.tgz
cmp large.tgz by-curl.tgz
tls -r 1000-49999999 "$MKT_REGISTRY/v1/connectors/large/1.0.0/tarball" -o part.bin
cmp part.bin <(tail -c +1001 large.tgz | head -c 49999000)
for version in 1.2 1.3; do
  [[ $(tls --tlsv$version --tls-max $version "$MKT_REGISTRY/healthz" -o /dev/null -w '%{http_code} %{http_version} %{num_connects}') == "200 1.1 1" ]] ||
    fail "not with TLS $version"
done
expect 35 curl -sS --cacert ca.pem --ciphers DEFAULT@SECLEVEL=0 --tlsv1.1 --tls-max 1.1 "$MKT_REGISTRY/healthz"
expect 60 curl -sS --cacert others.pem "$MKT_REGISTRY/healthz"
# Keep-alive, by one connection for many requests; then many at once.
tls "$MKT_REGISTRY/v1/connectors/small/1.0.0" "$MKT_REGISTRY/healthz" "$MKT_REGISTRY/v1/connectors/small/1.0.0" \
  -w '%{num_connects}\n' -o one -o two -o three >connects
[[ $(tr '\n' ' ' <connects) == "1 0 0 " ]] || fail "the connection was not kept"
cmp one three
tls -Z --parallel-max 50 "$MKT_REGISTRY/v1/connectors/small/1.0.0?[1-400]" -o 'many.#1'
for i in 1 200 400; do cmp one many.$i; done

# Pipelined requests in one record, among them one with a body, which a worker reads.
{
  for i in 1 2 3; do printf 'GET /v1/connectors/small/1.0.0 HTTP/1.1\r\nHost: localhost\r\n\r\n'; done
  printf 'POST /v1/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n' "$token"
  printf 'Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n'
  head -c 100000 /dev/zero | tr '\0' ' '
  for i in 1 2 3 4; do printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'; done
  printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
} >pipeline
openssl s_client -connect "$port" -quiet -ign_eof <pipeline 2>/dev/null >answers
[[ $(grep -o 'HTTP/1.1 200 OK' answers | wc -l) == 8 ]] || { cat answers >&2; fail "not all pipelined requests were answered"; }
# The end is told, so that nobody takes it for an attack.
printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >closing
openssl s_client -connect "$port" -ign_eof -msg <closing >msg 2>&1
says msg "<<< TLS 1.3, Alert [length 0002], warning close_notify"
# Only HTTP/1.1 is spoken.
openssl s_client -connect "$port" -alpn h2,http/1.1 </dev/null 2>/dev/null | grep "ALPN protocol: http/1.1" >/dev/null ||
  fail "no http/1.1 by ALPN"
expect 1 openssl s_client -connect "$port" -alpn h2 </dev/null
says err "no application protocol"
# Sessions are resumed by tickets, and nobody may negotiate anew.
printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
  openssl s_client -connect "$port" -tls1_2 -sess_out session -ign_eof >/dev/null 2>&1
openssl s_client -connect "$port" -tls1_2 -sess_in session </dev/null 2>/dev/null | grep "^Reused" >/dev/null ||
  fail "the session was not resumed"
openssl s_client -connect "$port" -tls1_2 </dev/null 2>/dev/null | grep "^Compression: NONE" >/dev/null || fail "compression"
mkfifo asks
openssl s_client -connect "$port" -tls1_2 <asks >renegotiation 2>&1 &
asker=$!
helpers+=("$asker")
exec 8>asks
wait_for "the handshake" grep -q "Verify return code" renegotiation
printf 'R\n' >&8
wait_for "the refusal" grep -q "no renegotiation" renegotiation
exec 8>&-
wait "$asker" || true

# What is no TLS: a clear answer to HTTP, an end for anything else, and no harm.
failures=$(count_of 'mktd_tls_handshakes_total{result="failure"}')
[[ $(curl -sS "http://$port/v1/connectors/small/1.0.0" -o body -w '%{http_code}') == 400 ]] || fail "plain HTTP"
says body "this port speaks HTTPS"
[[ $(curl -sS -X DELETE "http://$port/v1/x" -o body -w '%{http_code}') == 400 ]] || fail "plain HTTP"
cat >garbage.pl <<'PERL'
use strict; use warnings; use IO::Socket::INET;
my ($port, @kinds) = @ARGV;
srand 7;
for my $round (1 .. 300) {
  my $s = IO::Socket::INET->new(PeerAddr => $port) or die "connect: $!";
  my $noise = join '', map { chr int rand 256 } 1 .. int rand 2000;
  # A record of a handshake, then noise; a length that never comes; noise alone; nothing at all.
  my $text = ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03$noise", "\x16\x03\x01\x40\x00", $noise, "")[$round % 4];
  local $SIG{PIPE} = 'IGNORE';
  syswrite $s, $text;
  close $s;
}
PERL
perl garbage.pl "$port"
expect 0 "$MKT" whoami
(($(count_of 'mktd_tls_handshakes_total{result="failure"}') > failures + 100)) || fail "the failures were not counted"
(($(count_of mktd_tls_certificate_expiry_timestamp_seconds) == $(date -d "$(openssl x509 -in first.pem -noout -enddate | cut -d= -f2)" +%s))) ||
  fail "the expiry is another one"
expect 0 "$MKTD" status --data data --json
[[ "subject=$(jq -r .certificate.subject out)" == "$(openssl x509 -in first.pem -noout -subject -nameopt RFC2253)" ]] || fail "status: $(<out)"
[[ $(jq -c .certificate.names out) == '["127.0.0.1","localhost"]' ]] || fail "status: $(<out)"
for end in validFrom=startdate expires=enddate; do
  [[ $(date -d "$(jq -r ".certificate.${end%=*}" out)" +%s) == "$(date -d "$(openssl x509 -in first.pem -noout -${end#*=} | cut -d= -f2)" +%s)" ]] ||
    fail "status: $(<out)"
done
[[ $(jq .certificate.daysLeft out) == 29 ]] || fail "status: $(<out)"
expect 0 "$MKTD" status --data data
says out "  TLS       127.0.0.1 and 1 more, until "
says out ", 29 days left"

# A client that is cut in the middle of a download leaves nothing behind.
descriptors() { find "/proc/$daemon/fd" -mindepth 1 | wc -l; }
as_before() { (($(descriptors) <= before)); }
alone() { [[ $(count_of mktd_http_connections) == 1 ]]; }
wait_for "those before to have gone" alone
before=$(descriptors)
for i in 1 2 3 4; do
  # Not by tls, whose shell alone would be killed.
  curl -sS --cacert ca.pem "$MKT_REGISTRY/v1/connectors/large/1.0.0/tarball" --limit-rate 2M -o cut.bin &
  helpers+=($!)
  wait_for "the download to begin" test -s cut.bin
  kill -9 "${helpers[-1]}"
  wait "${helpers[-1]}" 2>/dev/null || true
  rm cut.bin
done
wait_for "the descriptors to be closed" as_before

# Clients that shake hands slowly, or not at all, keep nobody else waiting, and are given up: within 10 s, in
# which the certificates below are changed.
cat >slow.pl <<'PERL'
use strict; use warnings; use IO::Socket::INET;
my ($port) = @ARGV;
my @silent = map { IO::Socket::INET->new(PeerAddr => $port) or die "connect: $!" } 1 .. 300;
my @slow = map { IO::Socket::INET->new(PeerAddr => $port) or die "connect: $!" } 1 .. 300;
syswrite $_, "\x16\x03\x01\x02\x00\x01" for @slow;
open my $ready, '>', 'crowd'; close $ready;
my $began = time;
my $ended = 0;
for my $s (@silent, @slow) { my $n = sysread $s, my $unused, 100; $ended++ }
open my $over, '>', 'crowd-over'; print $over $ended, ' ', time - $began; close $over;
PERL
perl slow.pl "$port" &
helpers+=($!)
wait_for "the crowd" test -e crowd
for i in 1 2 3 4 5; do
  [[ $(tls --max-time 2 "$MKT_REGISTRY/healthz" -o /dev/null -w '%{http_code}') == 200 ]] || fail "starved"
done

# A new certificate, while a download runs: by itself, and on SIGHUP. The download is not disturbed.
serves first.pem || fail "not the first certificate"
begin_download during
install_pair second
wait_for "the new certificate" serves second.pem
loaded=$(logged "TLS certificate loaded")
install_pair first
kill -HUP "$daemon"
wait_for "SIGHUP" has_logged "TLS certificate loaded" "$loaded"
serves first.pem || fail "SIGHUP did not take over the certificate"
end_download during

# What cannot be used is refused, with the reason, and what was loaded goes on.
kept="the present one is kept"
break_with() { # FILE TEXT: becomes the certificate
  local so_far
  so_far=$(logged "$kept")
  cp "$1" pair/new && mv pair/new pair/cert.pem
  wait_for "the refusal" has_logged "$kept" "$so_far"
  grep -F "$kept" mktd.log | tail -n 1 | grep -F -- "$2" >/dev/null || { tail mktd.log >&2; fail "not said: $2"; }
  so_far=$(logged "$kept")
  kill -HUP "$daemon"
  wait_for "the refusal on SIGHUP" has_logged "$kept" "$so_far"
  serves first.pem || fail "the old certificate is gone"
}
break_with cut.pem "damaged or not yet written whole"
break_with second.pem "does not belong to the certificate"
chmod 644 pair/key.pem
break_with first.pem "chmod 600"
refusals=$(logged "TLS certificate loaded")
chmod 600 pair/key.pem
wait_for "the mended mode" has_logged "TLS certificate loaded" "$refusals"
# As certbot does it: a symbolic link to another folder.
mkdir live && cp first.pem live/cert.pem && cp first.key live/key.pem
ln -s "$work/live/cert.pem" pair/link && mv pair/link pair/cert.pem
ln -s "$work/live/key.pem" pair/link && mv pair/link pair/key.pem
mkdir archive && cp second.pem archive/cert.pem && cp second.key archive/key.pem
for file in cert key; do ln -s "$work/archive/$file.pem" pair/link && mv pair/link pair/$file.pem; done
wait_for "the renewed certificate" serves second.pem

# An expired one is served, as nothing better is there, and said.
signed old ca -1
install_pair old
wait_for "the warning" has_logged "has expired" 0
wait_for "the expired certificate" serves old.pem
expect 60 curl -sS --cacert ca.pem "$MKT_REGISTRY/healthz"
expect 0 "$MKTD" status --data data
says out ", and clients refuse it"
rm pair/*
install_pair first
wait_for "the valid certificate" serves first.pem

wait_for "the crowd to be given up" test -s crowd-over

# Stopping lets a download end.
begin_download last
kill "$daemon"
refuses() { ! (: <>"/dev/tcp/${port%:*}/${port#*:}") 2>/dev/null; }
wait_for "the port to be closed" refuses
kill -0 "$daemon" || fail "it did not wait for the download"
end_download last
wait "$daemon" || fail "mktd ended with $?" # not stop_mktd: a second signal ends it at once, with another status
daemon=

# Clients' certificates: checked where one is given, or required.
signed client ca
start_tls --tls-client-ca ca.pem
with_client() { tls --cert "$1.pem" --key "$1.key" "$MKT_REGISTRY/healthz" -o /dev/null -w '%{http_code}'; }
[[ $(tls "$MKT_REGISTRY/healthz" -o /dev/null -w '%{http_code}') == 200 ]] || fail "not without a certificate"
[[ $(with_client client) == 200 ]] || fail "not with a certificate"
if with_client foreign >out 2>err; then fail "somebody else's certificate was accepted"; fi
grep -E "alert (unknown ca|decrypt error|bad certificate)" err >/dev/null || { cat err >&2; fail "no clear alert"; }
stop_mktd
start_tls --tls-client-ca ca.pem --tls-client-certificates required
if tls "$MKT_REGISTRY/healthz" >out 2>err; then fail "no certificate was asked for"; fi
says err "certificate required"
[[ $(with_client client) == 200 ]] || fail "not with a certificate"
stop_mktd

# One daemon with and without TLS; a reload says what it takes over and what needs a restart.
cat >mktd.conf <<CONF
data = "data"
listen = ["127.0.0.1:0", "https://127.0.0.1:0"]
tls-certificate = "pair/cert.pem"
tls-key = "pair/key.pem"
CONF
: >mktd.log
"$MKTD" --config mktd.conf 2>>mktd.log &
daemon=$!
address_of() { grep -o "^mktd: listening on $1://.*" mktd.log | grep -o "$1://.*"; }
wait_for "both addresses" address_of https
tls "$(address_of https)/healthz" >/dev/null
curl -sSf "$(address_of http)/healthz" >/dev/null
cp second.key second.pem pair/ && chmod 600 pair/second.key
cat >mktd.conf <<CONF
data = "data"
listen = ["127.0.0.1:0"]
tls-certificate = "pair/second.pem"
tls-key = "pair/second.key"
max-entries = 30000
CONF
kill -HUP "$daemon"
wait_for "the reload" has_logged "needs a restart" 0
for text in "max-entries: 20000, now 30000" "tls-key: pair/key.pem, now pair/second.key"; do
  grep 'msg=reloaded' mktd.log | grep -F "$text" >/dev/null || { cat mktd.log >&2; fail "not reloaded: $text"; }
done
grep 'needs a restart' mktd.log | grep -F "listen: " >/dev/null || fail "listen cannot be reloaded"
port=$(address_of https)
port=${port#https://}
serves second.pem || fail "the files of the new setting are not served"
# A half-written configuration changes nothing, and files that cannot be used keep only themselves back.
printf 'tls-certificate = "pair/cert' >mktd.conf
kill -HUP "$daemon"
wait_for "the refusal" has_logged "not valid and was not reloaded" 0
printf 'max-entries = 10\n' >mktd.conf
kill -HUP "$daemon"
wait_for "the refusal of a part" has_logged "data: data, now " 0
cat >mktd.conf <<CONF
data = "data"
listen = ["127.0.0.1:0"]
tls-certificate = "absent.pem"
tls-key = "pair/second.key"
max-entries = 40000
CONF
kill -HUP "$daemon"
wait_for "the rest" has_logged "max-entries: 30000, now 40000" 0
says mktd.log "absent.pem"
serves second.pem || fail "the certificate was lost"
# They are taken over once they can be used, without another signal.
cp first.key pair/new && chmod 600 pair/new && mv pair/new pair/second.key
cp first.pem absent.pem
wait_for "the files that were named too early" serves first.pem
stop_mktd
