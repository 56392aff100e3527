#!/usr/bin/env bash
# A daemon that stops while its clients go away at the same moment ends well, every time.
source "$(dirname "$0")/lib.sh"

cat >clients.pl <<'PERL'
use strict; use warnings; use IO::Socket::UNIX; use Time::HiRes 'sleep';
my ($path, $pid) = @ARGV;
my @clients = map { IO::Socket::UNIX->new(Peer => $path) or die "client: $!" } 1 .. 700;
sleep 0.2;
kill 'TERM', $pid;
sleep 0.095 + rand 0.03;
@clients = ();
PERL
for round in 1 2 3 4 5 6 7 8; do
  "$MKTD" --data data --listen "unix:$PWD/socket" 2>>mktd.log &
  daemon=$!
  wait_for "the socket" test -S socket
  wait_for "the daemon" curl -sf -o /dev/null --unix-socket socket http://localhost/healthz
  perl clients.pl "$PWD/socket" "$daemon"
  status=0
  wait "$daemon" || status=$?
  daemon=
  [[ $status == 0 ]] || fail "round $round: the daemon ended with $status"
  rm -f socket
done
