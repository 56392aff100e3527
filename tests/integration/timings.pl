# timings.pl URL TOKEN SECONDS NAME: one client that asks in turn for a connector, for a search that was
# not asked before and for an install, on one connection. Prints for each: the route, how many, how many
# failed, and the milliseconds of the median and of the 99th percentile.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(sleep time);

my ($url, $token, $seconds, $name) = @ARGV;
my $http = HTTP::Tiny->new(timeout => 30);
my %took = map { $_ => [] } qw(connector search install);
my %failed = map { $_ => 0 } keys %took;
sub ask {
  my ($route, $method, $path, $options) = @_;
  my $begin = time;
  my $answer = $http->request($method, $url . $path, $options // {});
  push @{$took{$route}}, 1000 * (time - $begin);
  return if $answer->{status} =~ /^2/;
  $failed{$route}++;
  print STDERR "$method $path: $answer->{status} $answer->{content}\n";
}
my $end = time + $seconds;
for (my $i = 0; time < $end; $i++) {
  ask('connector', 'GET', '/v1/connectors/tool') for 1 .. 4;
  ask('search', 'GET', "/v1/search?q=$name$i");
  ask('install', 'POST', "/v1/tenants/$name-$i/installs", {
    headers => {'Authorization' => "Bearer $token", 'Content-Type' => 'application/json'},
    content => encode_json({connectorId => 'tool', version => '1.0.0'}),
  });
  sleep 0.01;
}
for my $route (sort keys %took) {
  my @ms = sort { $a <=> $b } @{$took{$route}};
  printf "%s %d %d %.1f %.1f\n", $route, scalar @ms, $failed{$route}, $ms[@ms / 2], $ms[int(@ms * 0.99)];
}
