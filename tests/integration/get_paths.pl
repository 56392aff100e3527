# get_paths.pl URL FILE PATH…: until SIGTERM, asks for each path in turn. For each answer other than
# 200, FILE has milliseconds since 1970, the status and the path; 599 is a connection that broke. At
# the end it has "asked NUMBER".
use strict;
use warnings;
use HTTP::Tiny;
use IO::Handle;
use Time::HiRes qw(sleep time);

my ($url, $file, @paths) = @ARGV;
my $stop = 0;
$SIG{TERM} = sub { $stop = 1 };
open my $out, '>', $file or die "cannot write $file: $!";
$out->autoflush(1);
my $http = HTTP::Tiny->new(timeout => 30, keep_alive => 1);
my $asked = 0;
until ($stop) {
  for my $path (@paths) {
    my $answer = $http->get("$url$path");
    ++$asked;
    printf $out "%d %d %s\n", time * 1000, $answer->{status}, $path if $answer->{status} != 200;
  }
  sleep(0.01);
}
print $out "asked $asked\n";
