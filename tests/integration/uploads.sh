#!/usr/bin/env bash
# Bodies that are still to come: what they may hold, how slow they may be, and who must not wait
# for them.
source "$(dirname "$0")/lib.sh"

# uploads PERL: runs it with upload(TOKEN, LENGTH, HEADER…), a new connection that has sent the head
# of a POST /v1/publish, and status_of(CONNECTION, SECONDS), the status and how long it took.
uploads() {
  perl -MIO::Socket::INET -MIO::Select -MTime::HiRes=time,sleep -e '
    use strict; use warnings; $SIG{PIPE} = "IGNORE";
    my ($port, $acme, $beta) = @ARGV;
    sub upload {
      my ($token, $length, @more) = @_;
      my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die "connect: $!";
      print $c join "\r\n", "POST /v1/publish HTTP/1.1", "Host: localhost", "Authorization: Bearer $token",
        "Content-Length: $length", @more, "", "";
      $c->flush; $c->blocking(0); $c;
    }
    '"$1" "${MKT_REGISTRY##*:}" "$(<acme.token)" "$(<beta.token)"
}
memory() { awk '/VmHWM/ {print $2}' "/proc/$daemon/status"; } # KiB, the most there was

start_mktd --max-uploads 4
for publisher in acme beta; do
  register $publisher
  "$MKT" token create --role publisher --subject $publisher >$publisher.token 2>/dev/null
done
head -c 200000 /dev/urandom | base64 -w0 >junk

# Slow ones of one publisher: one gets a slot, and it is cut when it is too slow for its length;
# the others are told after ten seconds. Nobody else waits.
uploads '
  my @slow = map { { socket => upload($acme, 57_000_000) } } 1 .. 4;
  my $start = time; my $told = 0;
  while (time < $start + 40 && grep { !$_->{status} } @slow) {
    sleep 0.1;
    for my $one (grep { !$_->{status} } @slow) {
      syswrite $one->{socket}, "x" x 900;
      my $got = sysread $one->{socket}, my $answer, 4096;
      next unless $got;
      $one->{status} = substr $answer, 9, 3;
      $one->{again} = $answer =~ /^Retry-After: \d/m ? 1 : 0;
      $one->{after} = time - $start;
    }
    if (!$told++) { open my $ready, ">", "slow.ready"; close $ready }
  }
  printf "%s %d %.1f\n", $_->{status} // "none", $_->{again} // 0, $_->{after} // 0 for @slow;
' >slow.out &
slow=$!
wait_for "the slow uploads" test -e slow.ready
for ((i = 0; i < 3; i++)); do
  expect_http 400 invalid_json POST /v1/publish -H "Authorization: Bearer $(<beta.token)" --max-time 5 --data-binary @junk
done
wait "$slow"
[[ $(cut -d' ' -f1 slow.out | sort | xargs) == "408 503 503 503" ]] || fail "slow uploads: $(<slow.out)"
awk '$1 == 503 && ($2 != 1 || $3 < 9 || $3 > 14) {exit 1} $1 == 408 && ($3 < 14 || $3 > 25) {exit 1}' slow.out ||
  fail "when slow uploads were told: $(<slow.out)"

# Under a key that was used for a small body a large one is not even read, and one that is another
# is known by its length.
expect_http 201 - POST /v1/tokens -H "Authorization: Bearer $token" -H 'Idempotency-Key: small' \
  -d '{"role":"member","subject":"team","name":"eve"}'
member=$(jq -r .token body)
make_connector wire
head -c 300000 /dev/urandom >wire/noise.bin
expect 0 "$MKT" pack wire -o wire.tgz
expect 0 "$MKT" sign wire.tgz --key "$("$MKT" key list --json | jq -r '[.. | .keyId? // empty | select(startswith("acme"))][0]')"
base64 -w0 wire.tgz >wire.b64
tar -xzOf wire.tgz connector.manifest.json >packed.json
jq -n --rawfile tarball wire.b64 --slurpfile manifest packed.json --slurpfile signature wire.tgz.sig.json \
  '{manifest: $manifest[0], tarball: $tarball, signature: $signature[0]}' >request
publish() { expect_http "$1" "$2" POST /v1/publish -H "Authorization: Bearer $(<acme.token)" -H 'X-Idempotency-Key: large' --data-binary "@$3"; }
publish 201 - request
jq -S . body >first.json
publish 201 - request
jq -S . body | cmp - first.json || fail "the replay differs"
says headers "X-Idempotency-Replayed: true"
says headers "X-Idempotency-Key: large"
sed 's/"READ"/"REAd"/' request >same-length
publish 422 idempotency_key_reused same-length
before=$(memory)
for n in 1 2 3 4; do
  curl -sS -o /dev/null -X POST "$MKT_REGISTRY/v1/tenants/team/installs" -H "Authorization: Bearer $member" -H "Idempotency-Key: k$n" -d '{"connectorId":"wire"}'
  expect_http 200 - GET /v1/tenants/team/installs -H "Authorization: Bearer $member"
done
head -c 56000000 /dev/zero | tr '\0' ' ' >blank
for n in 1 2 3 4; do
  curl -sS -o "flood.$n" -X POST "$MKT_REGISTRY/v1/tenants/team/installs" -H "Authorization: Bearer $member" -H "Idempotency-Key: k$n" --data-binary @blank &
done
expect_http 400 invalid_json POST /v1/publish -H "Authorization: Bearer $(<beta.token)" --max-time 5 --data-binary @junk
wait $(jobs -p | grep -v "^$daemon\$") || true
for n in 1 2 3 4; do
  [[ $(jq -r .code "flood.$n") == idempotency_key_reused ]] || fail "a large body under a small one's key: $(<"flood.$n")"
done
((($(memory) - before) < $(memory_bound $((32 * 1024))))) || fail "bodies under used keys took $((($(memory) - before) / 1024)) MiB"

# Ones that crawl under a used key are no uploads: whoever publishes does not wait for them.
for n in 1 2 3 4 5; do
  expect_http 200 - POST /v1/publish -H "Authorization: Bearer $(<acme.token)" -H "Idempotency-Key: again-$n" --data-binary @request
done
length=$(stat -c %s request)
uploads '
  my @slow = map { upload($acme, '"$length"', "Idempotency-Key: again-$_") } 1 .. 5;
  open my $ready, ">", "repeats.ready"; close $ready;
  for (1 .. 100) { syswrite $_, "x" x 1200 for @slow; sleep 0.1; last if -e "repeats.stop" }' &
slow=$!
wait_for "the slow repeats" test -e repeats.ready
for publisher in acme beta; do
  expect_http 400 invalid_json POST /v1/publish -H "Authorization: Bearer $(<$publisher.token)" --max-time 8 --data-binary @junk
done
touch repeats.stop
wait "$slow"
