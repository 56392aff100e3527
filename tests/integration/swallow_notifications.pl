# swallow_notifications.pl PORT PORT-FILE LOG: carries connections to the PostgreSQL on that port, but
# none of the notifications that it sends; LOG gets a line for each. Clients come to a free port, which
# is written into PORT-FILE, and use no encryption.
use strict;
use warnings;
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my ($to, $port_file, $log_file) = @ARGV;
my $listening = IO::Socket::INET->new(Listen => 128, LocalAddr => '127.0.0.1') or die "cannot listen: $!";
open my $log, '>>', $log_file or die "cannot write $log_file: $!";
$log->autoflush(1);
open my $port, '>', "$port_file.new" or die "cannot write $port_file: $!";
print $port $listening->sockport, "\n";
close $port;
rename "$port_file.new", $port_file;

my $select = IO::Select->new($listening);
my (%peer, %is_server, %rest); # by socket; what of a message has come
sub end {
  my @both = ($_[0], $peer{$_[0]});
  for my $socket (@both) {
    $select->remove($socket);
    delete $peer{$socket};
    delete $is_server{$socket};
    delete $rest{$socket};
    close $socket;
  }
}
# The whole messages of what the server has sent: a letter, and a length that counts itself.
sub without_notifications {
  my $bytes = shift;
  my $out = '';
  while (length $$bytes >= 5) {
    my $length = 1 + unpack 'N', substr $$bytes, 1, 4;
    last if length $$bytes < $length;
    my $message = substr $$bytes, 0, $length, '';
    if ($message =~ /^A/) { print $log "swallowed\n" } else { $out .= $message }
  }
  return $out;
}
$SIG{PIPE} = 'IGNORE';
while (1) {
  for my $socket ($select->can_read) {
    if ($socket == $listening) {
      my $client = $listening->accept or next;
      my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $to);
      if (!$server) { close $client; next }
      for ($client, $server) {
        setsockopt $_, IPPROTO_TCP, TCP_NODELAY, 1;
        $select->add($_);
      }
      $peer{$client} = $server;
      $peer{$server} = $client;
      $is_server{$server} = 1;
      next;
    }
    my $peer = $peer{$socket} or next; # it was ended a moment ago
    my $n = sysread $socket, my ($bytes), 65536;
    if (!$n) { end($socket); next }
    if ($is_server{$socket}) {
      $rest{$socket} .= $bytes;
      $bytes = without_notifications(\$rest{$socket});
    }
    while (length $bytes) {
      my $written = syswrite $peer, $bytes;
      if (!defined $written) { end($socket); last }
      substr $bytes, 0, $written, '';
    }
  }
}
