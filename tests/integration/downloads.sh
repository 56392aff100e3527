#!/usr/bin/env bash
# What counts as a download: one that reached the end, in one piece or resumed.
source "$(dirname "$0")/lib.sh"

start_mktd
register acme
make_connector large
head -c 40000000 /dev/urandom >large/noise.bin
expect 0 "$MKT" publish large
tarball=/v1/connectors/large/1.0.0/tarball
size=$(curl -sS "$MKT_REGISTRY/v1/connectors/large/1.0.0" | jq .tarballSize)
count() { curl -sS "$MKT_REGISTRY/v1/connectors/large/1.0.0" | jq .downloads; }
counted() { [[ $(count) == "$1" ]]; }
# Counts are written after a second: whatever was counted before a whole download is there with it.
whole() {
  curl -sS -o whole.tgz "$MKT_REGISTRY$tarball"
  wait_for "the count of $1" counted "$1"
}
whole 1
# A client that goes away in the middle.
perl -MIO::Socket::INET -e '
  my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or die;
  print $c "GET '$tarball' HTTP/1.1\r\nHost: localhost\r\n\r\n"; $c->flush;
  read $c, my $some, 100_000; close $c' "${MKT_REGISTRY##*:}"
wait_for "the end of the cut one" grep -q "status=200 .*out=[0-9]\{6,8\} " mktd.log
whole 2
# Looking is no download.
curl -sSI "$MKT_REGISTRY$tarball" >/dev/null
curl -sS -o /dev/null -r 0-999 "$MKT_REGISTRY$tarball"
curl -sS -o /dev/null -H "If-None-Match: $(curl -sSI "$MKT_REGISTRY$tarball" | sed -n 's/^ETag: \(.*\)\r$/\1/p')" "$MKT_REGISTRY$tarball"
whole 3
# The second half of one that was cut makes it whole.
curl -sS -o half.tgz -r "0-$((size / 2))" "$MKT_REGISTRY$tarball"
curl -sS -o half.tgz -C - "$MKT_REGISTRY$tarball"
cmp half.tgz whole.tgz || fail "the resumed download differs"
wait_for "the resumed one" counted 4
stop_mktd
