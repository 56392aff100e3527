# webhook_receiver.pl PORT-FILE LOG [FOLDER]: takes webhooks on a free port of loopback, which it writes
# into PORT-FILE, and appends "SEQUENCE EVENT" to LOG for each before it answers 204. The body of each is
# kept as FOLDER/PATH-SEQUENCE, of the path of its URL; PATH-SEQUENCE.signed says whether it was signed.
use strict;
use warnings;
use IO::Socket::INET;

my ($port_file, $log_file, $folder) = @ARGV;
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
  my ($length, $event, $sequence, $path, $signed) = (0, '', '', '', 'no');
  while (my $line = <$client>) {
    last if $line =~ /^\r?\n$/;
    $path = $1 if $line =~ m{^POST /(\w+)};
    $signed = 'yes' if $line =~ /^Mkt-Webhook-Signature: /i;
    $length = $1 if $line =~ /^Content-Length: (\d+)/i;
    $event = $1 if $line =~ /^Mkt-Webhook-Event: (\S+)/i;
    $sequence = $1 if $line =~ /^Mkt-Webhook-Sequence: (\d+)/i;
  }
  read $client, my ($body), $length;
  if (defined $folder && $path ne '') {
    open my $kept, '>', "$folder/$path-$sequence" or die "cannot keep a body: $!";
    print $kept $body;
    close $kept;
    open my $how, '>', "$folder/$path-$sequence.signed" or die "cannot keep a body: $!";
    print $how "$signed\n";
    close $how;
  }
  print $log "$sequence $event\n" if $sequence ne '';
  print $client "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
  close $client;
}
