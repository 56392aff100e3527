# Sourced after lib.sh by the tests of the formats: what a man page shows, to hold the programs to it. A
# comment before a literal block of a page says what the block is: .\" KIND: NAME

# block PAGE KIND NAME: the block as a reader sees it.
block() {
  perl -e '
    my ($page, $kind, $name) = @ARGV;
    open my $in, "<", $page or die "$page: $!\n";
    my $state = 0;  # 0 before the comment, 1 before the block, 2 within it
    while (<$in>) {
      if ($state == 0) { $state = 1 if /^\.\\" \Q$kind\E: \Q$name\E$/; next }
      if ($state == 1) { die "$page: no block follows $kind: $name\n" if !/^\.Bd -literal/; $state = 2; next }
      exit 0 if /^\.Ed/;
      s/\\&//g;
      s/\\e/\\/g;
      print;
    }
    die "$page: there is no $kind: $name\n"' "$SOURCE/man/$1" "$2" "$3" ||
    fail "the block $2 $3 of $1"
}
# blocks PAGE KIND: the names of all blocks of that kind.
blocks() { sed -n "s/^\.\\\\\" $2: //p" "$SOURCE/man/$1"; }

# example PAGE NAME, with the lines joined that a backslash at their end folds.
example() { block "$1" example "$2" | perl -pe 's/\\\n//'; }

# A message's block has a member to a line: name, type, meaning; `name?` may be absent. Lines that begin
# with a blank go on with the one before.
#
# fits PAGE KIND NAME JQ-PATH FILE: what is at the path has all members of the block, of these types, and
# no other. Members whose type is another block of the page are looked at in the same way.
fits() {
  perl "$SOURCE/tests/integration/man_page.pl" "$SOURCE/man/$1" "$2" "$3" "$4" "$5" >fits.log ||
    { cat fits.log "$5" >&2; fail "$4 is not the $3 of $1"; }
}

# all_seen PAGE KIND: every member of the blocks of that kind was there in something that `fits` looked at
# since MEMBERS_SEEN was set: none is told of that there is not.
all_seen() {
  local name
  for name in $(blocks "$1" "$2"); do block "$1" "$2" "$name" | sed -nE "s/^([A-Za-z0-9]+)\\?? .*/$name.\\1/p"; done | sort >listed
  sort -u "$MEMBERS_SEEN" | comm -13 - listed >unseen
  [[ ! -s unseen ]] || fail "members of $1 that were never seen: $(tr '\n' ' ' <unseen)"
}
