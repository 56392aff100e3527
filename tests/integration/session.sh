# Sourced after lib.sh and man_page.sh by the tests of pages whose commands are run, in order and in one shell.
#
# A line that begins with "$ " is a command. A backslash at its end, or a quote that is open, continues it. What
# follows is what it prints on both outputs. Where the next command is `echo $?`, that tells the exit status;
# else it is 0. In what is shown, "…" stands for anything, hexadecimal digits before it for any such digits, a
# line "…" for any lines, a time or a day for any other, and blanks for blanks and tabs.

cat >same.pl <<'PERL'
# same.pl SHOWN PRINTED
use strict;
use warnings;
use open qw(:std :encoding(UTF-8));
use utf8;
sub lines { open my $in, '<', $_[0] or die "$_[0]: $!"; my @lines = <$in>; chomp @lines; s/[ \t]+$// for @lines; return @lines }
my @shown = lines($ARGV[0]);
my $printed = join '', map { "$_\n" } lines($ARGV[1]);
my $pattern = '';
for my $line (@shown) {
  if ($line eq '…') { $pattern .= '(?:.*\n)*?'; next }
  for my $part (split /(\d{4}-\d\d-\d\dT[\d:.]+Z|\d{4}-\d\d-\d\d|[0-9a-f]{4,}…|…|[ \t]+)/, $line) {
    $pattern .= $part =~ /^\d{4}-.*Z$/ ? '\d{4}-\d\d-\d\dT[\d:.]+Z'
      : $part =~ /^\d{4}-\d\d-\d\d$/ ? '\d{4}-\d\d-\d\d'
      : $part =~ /^[0-9a-f]{4,}…$/ ? '[0-9a-f]+'
      : $part eq '…' ? '.*?'
      : $part =~ /^[ \t]+$/ ? '[ \t]+'
      : quotemeta $part;
  }
  $pattern .= '\n';
}
exit($printed =~ /^$pattern$/ ? 0 : 1);
PERL

# prints_shown SHOWN PRINTED COMMAND: fails where the file SHOWN is not what the command printed.
prints_shown() {
  perl "$work/same.pl" "$1" "$2" || {
    diff "$1" "$2" >&2 || true
    fail "the page shows other output than that of: $3"
  }
}

# split_commands FOLDER <SESSIONS: writes NUMBER.command and NUMBER.shown, from 1 on; prints how many there are.
split_commands() {
  perl -e '
    my ($folder, $n, $command, $open) = ($ARGV[0], 0);
    while (<STDIN>) {
      if ($open || s/^\$ //) {
        if (!$open) {
          ($n, $command) = ($n + 1, "");
          open $out, ">", "$folder/$n.command" or die;
          open my $none, ">", "$folder/$n.shown" or die;
        }
        print $out $_;
        $command .= $_;
        (my $rest = $command) =~ s/\x27[^\x27]*\x27|"(?:[^"\\]|\\.)*"//gs;
        $open = /\\$/ || $rest =~ /[\x27"]/;
      } else {
        die "output before a command: $_" if !$n;
        open my $shown, ">>", "$folder/$n.shown" or die;
        print $shown $_;
      }
    }
    print "$n\n"' "$1"
}
