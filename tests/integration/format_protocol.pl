# format_protocol.pl routes FOLDER   the routes that the sources in FOLDER add, "METHOD PATH" a line
# format_protocol.pl titles FILE     error_body.cc's titles, "TITLE\tCODE-OR-STATUS…" a line
#
# Dies where the sources are written in another way than it reads: then it must learn.
use strict;
use warnings;

my ($what, $where) = @ARGV;
sub text { open my $in, '<', $_[0] or die "$_[0]: $!"; local $/; return scalar <$in> }

if ($what eq 'routes') {
  for my $file (split /\n/, `find '$where' -name '*.cc'`) {
    my $source = text($file);
    my $added = () = $source =~ /router\.add\(/g;
    next if !$added;
    my %texts;
    my $value = sub {  # "…", a name, or some of these with + between them
      return join '', map { /^"(.*)"$/ ? $1 : $texts{$_} // die "$file: what is $_?\n" } split /\s*\+\s*/, shift;
    };
    my $read = 0;
    while ($source =~ /const std::string (\w+) = ([^;]*?);|router\.add\(\s*"(\w+)",\s*((?:"[^"]*"|\w+)(?:\s*\+\s*"[^"]*")*),/g) {
      if (defined $1) { my ($name, $is) = ($1, $2); $texts{$name} = $value->($is) if $is =~ /^"[^"]*"(\s*\+.*)?$/; next }
      print "$3 ", $value->($4), "\n";
      ++$read;
    }
    die "$file: only $read of $added routes could be read\n" if $read != $added;
  }
} else {
  my ($body) = text($where) =~ /title_of\(ErrorCode code\) \{(.*?)\n\}/s or die "$where: no title_of\n";
  my @cases;
  while ($body =~ /case (?:ErrorCode::)?(\w+):|return (http_status\(code\) >= 500 \? )?"([^"]*)"(?: : "([^"]*)")?;/g) {
    if (defined $1) { push @cases, $1; next }
    if ($2) { print "$3\tany other from 500 on\n$4\tany other\n"; next }
    print "$3\t@cases\n";
    @cases = ();
  }
}
