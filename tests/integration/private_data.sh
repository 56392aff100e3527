#!/usr/bin/env bash
# The data folder and what is in it are the daemon's alone, however they came to be; and nothing of
# where they are is told to strangers.
source "$(dirname "$0")/lib.sh"
umask 022

private() { # every file and folder below $1 but the socket and mktd.url
  [[ $(stat -c %a "$1") == 700 ]] || fail "the folder $1 is $(stat -c %a "$1")"
  local open
  open=$(find "$1" ! -name mktd.url -perm /077)
  [[ -z $open ]] || fail "others may read $open"
}
start_mktd
register acme
make_connector wire
expect 0 "$MKT" publish wire
[[ -f data/mktd.db-wal ]] || fail "the test wants a write-ahead log"
private data
[[ $(stat -c %a data/mktd.db data/mktd.db-wal data/mktd.db-shm | sort -u) == 600 ]] || fail "the database's modes"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
daemon=

# One that an earlier daemon, or systemd, left open to readers is closed to them.
chmod 755 data
chmod 644 data/mktd.db data/mktd.db-wal data/mktd.db-shm
start_mktd
private data
[[ $(stat -c %a data/mktd.db data/mktd.db-wal data/mktd.db-shm | sort -u) == 600 ]] || fail "the database's modes stayed"

# A failure of the daemon's own: the client is told the request, the log is told the reason.
blob=$(find data/blobs -type f | head -1)
mv "$blob" blob.kept
ln -s "$PWD/$blob" "$blob" # a link to itself
got=$(http GET /v1/connectors/wire/1.0.0/tarball)
[[ $got == 500 ]] || fail "a tarball that cannot be read: $got"
! grep -qF "$work" body || fail "the answer names the folder: $(<body)"
! grep -qE 'blobs|data/' body || fail "the answer names files: $(<body)"
id=$(jq -r .requestId body)
says body "$id"
grep -q level=error <<<"$(grep -F "request=$id" mktd.log)" || fail "the log has no reason for $id"
rm "$blob"
mv blob.kept "$blob"
stop_mktd

# LOCK, as a link to elsewhere, would have the daemon write there.
rm data/LOCK
echo precious >elsewhere
ln -s ../elsewhere data/LOCK
expect 2 "$MKTD" --data data --listen 127.0.0.1:0
says err "LOCK is a link"
[[ $(<elsewhere) == precious ]] || fail "the daemon wrote through the link"
rm data/LOCK

# Another user's folder is refused.
if [[ $(id -u) == 0 ]]; then
  chown 65534 data
  expect 2 "$MKTD" --data data --listen 127.0.0.1:0
  says err "belongs to another user"
  chown 0 data
fi
start_mktd
private data
stop_mktd

# With few descriptors connections leave enough of them for files.
(
  ulimit -n 200
  start_mktd
  perl -MIO::Socket::INET -e '
    my @held = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) } 1 .. 190;
    my ($answers, $first) = (0);
    for my $c (grep { $_ } @held[0 .. 39]) {
      print $c "GET /v1/connectors/wire/1.0.0/tarball HTTP/1.1\r\nHost: localhost\r\n\r\n"; $c->flush;
      my $line = <$c>; $answers++ if defined $line && $line =~ /^HTTP\/1.1 200/;
    }
    print "$answers\n"' "${MKT_REGISTRY##*:}" >answers
  [[ $(<answers) == 40 ]] || fail "with 200 descriptors: $(<answers) of 40 answers"
  make_connector more
  expect 0 "$MKT" publish more
  stop_mktd
) || exit 1
