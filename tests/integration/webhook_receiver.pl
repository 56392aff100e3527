# webhook_receiver.pl PORT-FILE LOG: takes webhooks on a free port of loopback, which it writes into
# PORT-FILE, and appends "SEQUENCE EVENT" to LOG for each before it answers 204.
use strict;
use warnings;
use IO::Socket::INET;

my ($port_file, $log_file) = @ARGV;
my $server = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', ReuseAddr => 1)
  or die "cannot listen: $!";
open my $log, '>>', $log_file or die "cannot write $log_file: $!";
$log->autoflush(1);
open my $port, '>', "$port_file.new" or die "cannot write $port_file: $!";
print $port $server->sockport, "\n";
close $port;
rename "$port_file.new", $port_file;

# One at a time: what is told is told in an order.
while (my $client = $server->accept) {
  my ($length, $event, $sequence) = (0, '', '');
  while (my $line = <$client>) {
    last if $line =~ /^\r?\n$/;
    $length = $1 if $line =~ /^Content-Length: (\d+)/i;
    $event = $1 if $line =~ /^Mkt-Webhook-Event: (\S+)/i;
    $sequence = $1 if $line =~ /^Mkt-Webhook-Sequence: (\d+)/i;
  }
  read $client, my ($body), $length;
  print $log "$sequence $event\n" if $sequence ne '';
  print $client "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
  close $client;
}
