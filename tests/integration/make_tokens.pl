# make_tokens.pl URL ADMIN-TOKEN NAME: until SIGTERM, makes tokens with the names NAME-1, NAME-2, …
#
# Each has an Idempotency-Key, and is asked for again until it is known that it was made. NAME.made
# has the names of those that were; NAME.asked, of every request: milliseconds since 1970, and the
# status. 599 is a connection that broke.
use strict;
use warnings;
use HTTP::Tiny;
use IO::Handle;
use JSON::PP;
use Time::HiRes qw(sleep time);

my ($url, $admin, $name) = @ARGV;
my $stop = 0;
$SIG{TERM} = sub { $stop = 1 };
open my $made, '>>', "$name.made" or die "cannot write $name.made: $!";
open my $asked, '>>', "$name.asked" or die "cannot write $name.asked: $!";
$_->autoflush(1) for $made, $asked;
my $http = HTTP::Tiny->new(timeout => 30, keep_alive => 1);
my $own = $admin;

# True: it was made. Undefined: it is not known.
sub make {
  my ($body, $key) = @_;
  my $answer = $http->post("$url/v1/tokens", {
    headers => {Authorization => "Bearer $own", 'Idempotency-Key' => $key},
    content => encode_json($body)});
  printf $asked "%d %d\n", time * 1000, $answer->{status};
  return $answer->{content} if $answer->{success};
  # It was done before, and its answer was not kept, because it has a secret.
  return $answer->{content} if $answer->{status} == 409 && $answer->{content} =~ /"answer_lost"/;
  return undef;
}

for (my $n = 1; !$stop; ++$n) {
  # A token may use 10,000 keys a day.
  if ($n % 5000 == 1) {
    $own = $admin;
    my $answer = make({role => 'admin', name => "$name-admin-$n"}, "$name-admin-$n");
    my $secret = defined $answer ? decode_json($answer)->{token} : undef;
    $own = $secret if defined $secret;
  }
  my $done;
  until (defined $done || $stop) {
    $done = make({role => 'member', subject => 'team', name => "$name-$n"}, "$name-$n");
    sleep(defined $done ? 0.002 : 0.05);
  }
  print $made "$name-$n\n" if defined $done;
}
