#!/usr/bin/env bash
# The commands of mkt-tutorial(7), in order and in one shell, print what the page shows.
#
# A line that begins with "$ " is a command, a backslash at its end continues it, and what follows is what
# it prints on both outputs. Where the next command is `echo $?`, that tells the exit status; else it is 0.
# In what is shown, "…" stands for anything, hexadecimal digits before it for any such digits, a line "…"
# for any lines, a time or a day for any other, and blanks for blanks and tabs.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
page=mkt-tutorial.7
mkdir -p programs tutorial
ln -s "$MKT" programs/mkt
ln -s "$MKTD" programs/mktd
export PATH=$work/programs:$PATH MKTD_LISTEN=127.0.0.1:0
set +m

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

last=0
ran=0
leave() { return "$1"; }
# run_command COMMAND SHOWN NEXT: SHOWN is a file, NEXT the command after it.
run_command() {
  local command=$1 shown=$2 next=$3 before=$last
  set +e
  leave "$before"
  eval "$command" >"$work/printed" 2>&1
  last=$?
  set -e
  ran=$((ran + 1))
  if [[ $command == mktd* ]]; then
    daemon=$!
    wait_for "the registry of the page" test -s registry/mktd.url
    MKT_REGISTRY=$(<registry/mktd.url)
    export MKT_REGISTRY
  fi
  [[ -z ${MKT_REGISTRY:-} ]] || sed -i "s|$MKT_REGISTRY|http://127.0.0.1:3456|g" "$work/printed"
  if [[ $next != 'echo $?' && $last != 0 ]]; then
    cat "$work/printed" >&2
    fail "exit status $last: $command"
  fi
  perl "$work/same.pl" "$shown" "$work/printed" || {
    diff "$shown" "$work/printed" >&2 || true
    fail "the page shows other output than that of: $command"
  }
}

# All sessions of the page as records: a line "command NUMBER", and files NUMBER.command, NUMBER.shown.
for name in $(blocks $page session); do block $page session "$name"; done >sessions
perl -e '
  my ($n, $out, $open) = (0);
  while (<STDIN>) {
    if ($open || s/^\$ //) {
      if (!$open) { $n++; open $out, ">", "$n.command" or die; open my $none, ">", "$n.shown" or die }
      print $out $_;
      $open = /\\$/;
    } else {
      die "output before a command: $_" if !$n;
      open my $shown, ">>", "$n.shown" or die;
      print $shown $_;
    }
  }
  print "$n\n"' <sessions >count
count=$(<count)
((count > 30)) || fail "only $count commands in the page"

cd tutorial
for ((i = 1; i <= count; i++)); do
  next=
  [[ ! -f $work/$((i + 1)).command ]] || next=$(<"$work/$((i + 1)).command")
  command=$(<"$work/$i.command")
  if [[ $command == kill* ]]; then
    # The page speaks of the job of its reader's shell.
    stop_mktd
  else
    run_command "$command" "$work/$i.shown" "$next"
  fi
done
cd "$work"
echo "$ran commands"
