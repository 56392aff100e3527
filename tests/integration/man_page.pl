# man_page.pl PAGE KIND NAME PATH FILE: is what FILE has at PATH the message of that page? PATH is of
# members and numbers, ".versionDetails.0"; "." is the whole. Of a list each element is looked at. Says on
# stdout what differs. A line "+ NAME" of a message stands for all members of that one. Appends to the file
# that MEMBERS_SEEN names which members were there, as "message.member". See man_page.sh.
use strict;
use warnings;
use JSON::PP;

my ($page, $kind, $name, $path, $file) = @ARGV;
my (%messages, $open);
open my $in, '<', $page or die "$page: $!";
while (<$in>) {
  if (/^\.\\" \Q$kind\E: (\S+)$/) { $open = $1; $messages{$open} = []; next }
  next if !defined $open || /^\.Bd/;
  if (/^\.Ed/) { undef $open; next }
  next if /^ /;
  if (/^\+ (\S+)$/) { push @{$messages{$open}}, {all_of => $1}; next }
  /^([A-Za-z0-9]+)(\?)? +(\S.*)$/ or die "$page: $open: no member: $_";
  push @{$messages{$open}}, {name => $1, optional => defined $2, type => $3, of => $open};
}

my (@wrong, %seen);
sub is_number { my $v = shift; return defined $v && !ref $v && JSON::PP->new->allow_nonref->encode($v) =~ /^-?\d+$/ }
sub is_string { my $v = shift; return defined $v && !ref $v && !is_number($v) }
sub matches { my ($v, $what) = @_; return is_string($v) && $v =~ /^(?:$what)$/ }
sub is_time { return matches($_[0], qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) }
my %types = (
  any => sub { 1 },
  null => sub { !defined $_[0] },
  string => \&is_string,
  integer => \&is_number,
  boolean => \&JSON::PP::is_bool,
  object => sub { ref $_[0] eq 'HASH' },
  # Of Firestore, as format_mirror.sh shows its values.
  map => sub { ref $_[0] eq 'HASH' && !exists $_[0]{'$timestamp'} },
  timestamp => sub { ref $_[0] eq 'HASH' && join(' ', keys %{$_[0]}) eq '$timestamp' && is_time($_[0]{'$timestamp'}) },
  time => \&is_time,
  token => sub { matches($_[0], qr/mkt_[0-9a-f]{12}_[0-9a-f]{64}/) },
);

# A type is a word, "list of WORD", or two words with "or" between them; what follows is for people.
sub check_value {
  my ($value, $type, $where) = @_;
  $type =~ /^(list of )?([\w-]+)(?: or ([\w-]+))?/ or die "$page: no type: $type\n";
  my ($list, @words) = ($1, grep { defined } $2, $3);
  if ($list) {
    return push @wrong, "$where is no list" if ref $value ne 'ARRAY';
    check_value($value->[$_], $words[0], "$where\[$_]") for 0 .. $#$value;
  } elsif ($messages{$words[0]}) {
    check_message($value, $words[0], $where) if defined $value || @words == 1;
  } else {
    for (@words) { die "$page: there is no type $_\n" if !$types{$_} }
    push @wrong, "$where is not: @words" if !grep { $types{$_}->($value) } @words;
  }
}

sub members {
  my $message = shift;
  return map { $_->{all_of} ? members($_->{all_of}) : $_ } @{$messages{$message} || die "$page: there is no $kind: $message\n"};
}

sub check_message {
  my ($value, $message, $where) = @_;
  return push @wrong, "$where is no object" if ref $value ne 'HASH';
  my %left = %$value;
  for my $member (members($message)) {
    if (!exists $left{$member->{name}}) {
      push @wrong, "$where.$member->{name} is missing" if !$member->{optional};
      next;
    }
    $seen{"$member->{of}.$member->{name}"} = 1;
    check_value(delete $left{$member->{name}}, $member->{type}, "$where.$member->{name}");
  }
  push @wrong, "$where.$_ is not in $message of the page" for sort keys %left;
}

die "$page: there is no $kind: $name\n" if !$messages{$name};
open my $json, '<', $file or die "$file: $!";
my $value = JSON::PP->new->utf8->allow_nonref->decode(do { local $/; <$json> });
for my $step (grep { length } split /\./, $path) {
  $value = ref $value eq 'ARRAY' ? $value->[$step] : $value->{$step};
}
if (ref $value eq 'ARRAY') {
  check_message($value->[$_], $name, "[$_]") for 0 .. $#$value;
} else {
  check_message($value, $name, $path eq '.' ? '' : $path);
}
print "$_\n" for @wrong;
if ($ENV{MEMBERS_SEEN}) {
  open my $out, '>>', $ENV{MEMBERS_SEEN} or die $!;
  print $out "$_\n" for sort keys %seen;
}
exit(@wrong ? 1 : 0);
