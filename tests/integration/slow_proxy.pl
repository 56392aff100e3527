# slow_proxy.pl TO PORT-FILE SLOW-FILE COUNTS-FILE: carries connections to 127.0.0.1:TO. While SLOW-FILE
# exists, each carries 1 MB a second at most in each direction, and the first byte of an answer comes
# five seconds late. COUNTS-FILE holds how many PUTs were unanswered at once, at most, and how many GETs
# were asked for. SIGTERM ends it.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($to, $port_file, $slow_file, $counts_file) = @ARGV;
my ($rate, $late, $most) = (1_000_000, 5, 64 * 1024);
$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = sub { exit 0 };
my $listener = IO::Socket::INET->new(Listen => 512, LocalAddr => '127.0.0.1') or die "listen: $!";
$listener->blocking(0);
sub write_whole {
  my ($file, $text) = @_;
  open my $out, '>', "$file.new" or die "$file: $!";
  print $out $text;
  close $out;
  rename "$file.new", $file or die "$file: $!";
}
write_whole($port_file, $listener->sockport . "\n");

my %connections;
my ($puts, $most_puts, $gets) = (0, 0, 0);
my $told = '';

# Of both directions: where from, where to, what is read and not yet written, how much may be written.
sub flow { return {from => $_[0], to => $_[1], buffer => '', allowed => 0, not_before => 0, ended => 0} }

# ended_put CONNECTION: its PUT is answered, or will never be.
sub ended_put {
  my $c = shift;
  $puts-- if $c->{putting};
  $c->{putting} = 0;
}

# Clients that do not pipeline begin a request only after an answer.
sub look_at {
  my ($c, $name, $bytes) = @_;
  if ($name eq 'up') {
    return if !$c->{answered};
    $c->{answered} = 0;
    $gets++ if $bytes =~ /^GET \S+\/blobs\//;
    if ($bytes =~ /^PUT /) {
      $c->{putting} = 1;
      $most_puts = $puts if ++$puts > $most_puts;
    }
  } else {
    my $is_first = !$c->{answered};
    return if $bytes =~ /^HTTP\/1.1 100/; # the answer is yet to come
    $c->{answered} = 1;
    $c->{down}{not_before} = time + $late if $is_first && -e $slow_file;
  }
}

# Moves what may be moved; false when the connection is over.
sub move {
  my ($c, $slow, $passed) = @_;
  for my $name (qw(up down)) {
    my $f = $c->{$name};
    if (!$f->{ended} && length $f->{buffer} < $most) {
      my $got = sysread($f->{from}, my $bytes, $most);
      return 0 if !defined $got && !$!{EAGAIN} && !$!{EINTR};
      $f->{ended} = 1 if defined $got && $got == 0;
      if ($got) {
        look_at($c, $name, $bytes);
        $f->{buffer} .= $bytes;
      }
    }
    $f->{allowed} = $slow ? $f->{allowed} + $rate * $passed : $most;
    $f->{allowed} = $most if $f->{allowed} > $most;
    if (length $f->{buffer} && $f->{allowed} >= 1 && time >= $f->{not_before}) {
      ended_put($c) if $name eq 'down' && $c->{answered};
      my $sent = syswrite $f->{to}, $f->{buffer}, int $f->{allowed};
      return 0 if !defined $sent && !$!{EAGAIN} && !$!{EINTR};
      if ($sent) {
        substr($f->{buffer}, 0, $sent) = '';
        $f->{allowed} -= $sent;
      }
    }
    if ($f->{ended} && !length $f->{buffer} && !$f->{told}) {
      shutdown $f->{to}, 1;
      $f->{told} = 1;
    }
  }
  return !$c->{down}{told};
}

my $last = time;
for (;;) {
  my $bits = '';
  vec($bits, fileno $listener, 1) = 1;
  my $slow = -e $slow_file;
  # Those that may go on at once wake us; all others are looked at fifty times a second.
  if (!$slow) {
    for my $c (values %connections) {
      for my $f ($c->{up}, $c->{down}) { vec($bits, fileno $f->{from}, 1) = 1 if !$f->{ended} && !length $f->{buffer} }
    }
  }
  select $bits, undef, undef, 0.02;
  my $now = time;
  my $passed = $now - $last;
  $last = $now;
  while (my $client = $listener->accept) {
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $to) or next;
    $_->blocking(0) for $client, $server;
    $connections{fileno $client} = {up => flow($client, $server), down => flow($server, $client), answered => 1, putting => 0};
  }
  for my $fd (keys %connections) {
    my $c = $connections{$fd};
    next if move($c, $slow, $passed);
    ended_put($c);
    delete $connections{$fd};
  }
  my $counts = "$most_puts $gets\n";
  write_whole($counts_file, $told = $counts) if $counts ne $told;
}
