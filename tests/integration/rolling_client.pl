# rolling_client.pl TOKEN ANSWERED KEEP-ALIVE URL…: one client of cluster_rolling.sh. Asks the daemons in
# turn: reads, a tarball, new tokens. Where a daemon refuses the connection, breaks it or answers 503, the
# next one is asked the same, with the same Idempotency-Key; whatever else is not the answer to be
# expected is a failure. Writes the ids of tokens that were answered to the file ANSWERED. On SIGTERM it
# prints what it saw and how often, a line each; the status is 1 where anything failed.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(sleep time);

my ($token, $answered, $keep_alive, @urls) = @ARGV;
my $over = 0; # when it was told to end
$SIG{TERM} = sub { $over ||= time };
open my $ids, '>', $answered or die "$answered: $!";
$ids->autoflush(1);
my $http = HTTP::Tiny->new(keep_alive => $keep_alive, timeout => 60);
my %seen = map { $_ => 0 } qw(answered 503 refused closed failed);
my $slowest = 0;

# What came of one attempt, in a word.
sub kind_of {
  my ($answer, $want) = @_;
  return 'answered' if $answer->{status} == $want;
  return '503' if $answer->{status} == 503;
  return 'in_progress' if $answer->{status} == 409 && $answer->{content} =~ /"in_progress"/;
  return 'failed' if $answer->{status} != 599;
  return 'refused' if $answer->{content} =~ /Connection refused/;
  return 'closed' if $answer->{content} =~ /Unexpected end of stream|Socket closed|reset by peer|Broken pipe/;
  return 'failed';
}

# ask METHOD PATH STATUS [OPTIONS]: the answer of whichever daemon gives one.
my $turn = $$;
sub ask {
  my ($method, $path, $want, $options) = @_;
  my $begin = time;
  for (;;) {
    my $url = $urls[$turn++ % @urls];
    my $answer = $http->request($method, $url . $path, $options // {});
    my $kind = kind_of($answer, $want);
    $seen{$kind}++;
    print "$method $url$path: $answer->{status} $answer->{content}\n" if $kind eq 'failed';
    if ($kind eq 'answered' || $kind eq 'failed') {
      my $took = time - $begin;
      $slowest = $took if $took > $slowest;
      return $answer;
    }
    if ($over && time > $over + 10) {
      $seen{failed}++;
      print "$method $path: no daemon answers\n";
      return $answer;
    }
    sleep 0.02;
  }
}

for (my $i = 0; !$over; $i++) {
  ask('GET', '/v1/connectors/tool', 200);
  ask('GET', '/v1/search?q=tool', 200);
  ask('GET', '/v1/connectors/tool/1.0.0/tarball', 200);
  my $made = ask('POST', '/v1/tokens', 201, {
    headers => {'Authorization' => "Bearer $token", 'Content-Type' => 'application/json', 'Idempotency-Key' => "$$-$i"},
    content => encode_json({role => 'member', subject => 'team', name => "n-$$-$i"}),
  });
  print $ids decode_json($made->{content})->{id}, "\n" if $made->{status} == 201;
}
print "$_ $seen{$_}\n" for sort keys %seen;
printf "slowest %.2f\n", $slowest;
exit($seen{failed} ? 1 : 0);
