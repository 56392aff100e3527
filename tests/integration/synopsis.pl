# synopsis.pl PAGE HELP: the options of each command that the page's SYNOPSIS names, a line each, as
# "key export: --force". HELP has such lines from `mkt --help`, in which an option with two names is
# "-o,--output": where the page names one of them, the line has both. See documentation.sh.
use strict;
use warnings;

my ($page, $help) = @ARGV;
my %names;  # of a command, an option's name: all its names
open my $known, '<', $help or die "$help: $!";
while (<$known>) {
  my ($command, @options) = /^([^:]+):(.*)/ ? ($1, split ' ', $2) : next;
  for my $option (@options) { $names{$command}{$_} = $option for split /,/, $option }
}
open my $in, '<', $page or die "$page: $!";
my ($section, @commands, %options) = ('');
while (<$in>) {
  if (/^\.Sh (.*)/) { $section = $1; next }
  next if $section ne 'SYNOPSIS';
  if (/^\.Nm mkt (.*)/) {
    # "publisher suspend | ban" is two commands.
    my @words = split ' ', $1;
    my @last = (pop @words);
    while (@words && $words[-1] eq '|') { pop @words; unshift @last, pop @words }
    @commands = map { join ' ', @words, $_ } @last;
    $options{$_} ||= {} for @commands;
    next;
  }
  while (/\bFl (-?)([A-Za-z][A-Za-z-]*)/g) {
    my $option = "-$1$2";
    $options{$_}{$names{$_}{$option} || $option} = 1 for @commands;
  }
}
for my $command (sort keys %options) {
  print join(' ', "$command:", sort keys %{$options{$command}}), "\n";
}
