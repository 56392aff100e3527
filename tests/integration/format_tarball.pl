# Tarballs by connector.tarball(5) alone: what another packer writes, and what a reader refuses.
#
#   format_tarball.pl PAGE pack FOLDER     of the folder, on stdout, with the bytes that the page promises
#   format_tarball.pl PAGE faults INTO     hello's with each fault of the page, as INTO/NAME; the tarball
#                                          "sound" has none. Dies where the page and this file differ.
#   format_tarball.pl PAGE names LIST INTO hello's with a file of each path of that list, as INTO/NUMBER
use strict;
use warnings;
use Compress::Raw::Zlib;
use Digest::SHA qw(sha256_hex);

my ($page, $what, $argument, $into) = @ARGV;
binmode STDOUT;

sub block {
  my $name = shift;
  open my $in, '<:raw', $page or die "$page: $!";
  my ($open, @lines);
  while (<$in>) {
    $open = 1 if /^\.\\" example: \Q$name\E$/;
    next if !$open || /^\.\\"/ || /^\.Bd/;
    last if /^\.Ed/;
    s/\\&//g;
    s/\\e/\\/g;
    push @lines, $_;
  }
  return @lines ? @lines : die "$page: no example $name\n";
}

# --- tar ------------------------------------------------------------------------------------------------
my @fields;
for (block('header')) {
  /^(\d+) +(\d+) +([^;]*?) *(;.*)?$/ or die "$page: no field: $_";
  push @fields, {offset => $1, length => $2, parts => [split / /, $3]};
}

# A header by the table; `raw` are bytes that go over it, by offset, before the checksum.
sub header {
  my (%h) = (name => '', type => '0', size => 0, executable => 0, prefix => '', raw => {}, @_);
  my $block = "\0" x 512;
  my $put = sub { my ($at, $text) = @_; substr($block, $at, length $text) = $text };
  my $sum;
  for my $field (@fields) {
    my $text = '';
    for (@{$field->{parts}}) {
      if (/^"(.*)"$/) { $text .= $1 }
      elsif ($_ eq 'NUL') { $text .= "\0" }
      elsif ($_ eq 'SP') { $text .= ' ' }
      elsif ($_ eq 'mode6') { $text .= $h{executable} ? '000755' : '000644' }
      elsif ($_ eq 'size11') { $text .= sprintf '%011o', $h{size} }
      elsif ($_ eq 'sum6') { $sum = $field; $text = ' ' x 8; last }
      elsif (/^(name|prefix|type)$/) { $text .= $h{$_} }
      else { die "$page: no part of a header: $_\n" }
    }
    die "$page: too long at $field->{offset}\n" if length $text > $field->{length};
    $put->($field->{offset}, $text);
  }
  $put->($_, $h{raw}{$_}) for keys %{$h{raw}};
  $put->($sum->{offset}, sprintf "%06o\0 ", unpack('%32C*', $block) + ($h{wrong_sum} // 0));
  return $block;
}
sub padded { my $content = shift; return $content . "\0" x (-length($content) % 512) }
sub file { my ($name, $content, @more) = @_; return header(name => $name, size => length $content, @more) . padded($content) }
sub folder { return header(name => shift . '/', type => '5', executable => 1, @_) }
sub pax { my $records = shift; return header(name => 'pax', type => 'x', size => length $records) . padded($records) }
sub record {
  my $rest = " $_[0]=$_[1]\n";
  my $length = length($rest) + 1;
  $length++ while $length != length($length) + length $rest;
  return $length . $rest;
}
my $end = "\0" x 1024;
sub whole { my $tar = join('', @_) . $end; return $tar . "\0" x (-length($tar) % 10240) }

# --- gzip -----------------------------------------------------------------------------------------------
my $gzip_header = pack 'H*', join '', map { s/\s//gr } block('gzip-header');
sub gzip {
  my $tar = shift;
  my $out = $gzip_header;
  for (my $at = 0; ; $at += 131072) {
    my $from = $at < 32768 ? 0 : $at - 32768;
    my ($z, $status) = Compress::Raw::Zlib::Deflate->new(
      -Level => 7, -WindowBits => -15, -MemLevel => 8, -AppendOutput => 1,
      $at > 0 ? (-Dictionary => substr($tar, $from, $at - $from)) : ());
    die "deflate: $status" if !$z;
    my $last = $at + 131072 >= length $tar;
    $z->deflate(substr($tar, $at, 131072), my $piece = '') == Z_OK or die 'deflate';
    $z->flush($piece, $last ? Z_FINISH : Z_SYNC_FLUSH) == Z_OK or die 'flush';
    $out .= $piece;
    last if $last;
  }
  return $out . pack('VV', crc32($tar), length $tar);
}

# --- the folder of the page -----------------------------------------------------------------------------
sub content_of { open my $in, '<:raw', $_[0] or die "$_[0]: $!"; local $/; my $all = <$in>; return $all // '' }
sub with_checksum {
  my ($manifest, $sum) = @_;
  return $manifest if $manifest =~ s/("checksum"\s*:\s*)"[^"]*"/$1"sha256:$sum"/;
  my ($before) = $manifest =~ /^\{(\s*)/;
  $manifest =~ s/(\s*\}\s*)$/,$before"checksum": "sha256:$sum"$1/;
  return $manifest;
}
sub paths_below {
  my ($root, $path) = @_;
  opendir my $dir, "$root/$path" or die "$root/$path: $!";
  my @all;
  for (grep { !/^\.\.?$/ } readdir $dir) {
    my $below = $path eq '' ? $_ : "$path/$_";
    push @all, $below, -d "$root/$below" ? paths_below($root, $below) : ();
  }
  return @all;
}
sub split_path {
  my $path = shift;
  return (name => $path) if length $path <= 100;
  my $at = index $path, '/', length($path) - 101;
  die "cannot be cut: $path\n" if $at < 0 || $at > 155;
  return (prefix => substr($path, 0, $at), name => substr($path, $at + 1));
}
sub pack_folder {
  my $root = shift;
  my $manifest = content_of("$root/connector.manifest.json");
  my ($entrypoint) = $manifest =~ /"entrypoint"\s*:\s*"([^"]*)"/;
  my @paths = grep { $_ ne 'connector.manifest.json' } sort { $a cmp $b } paths_below($root, '');
  my $tar = file('connector.manifest.json', with_checksum($manifest, sha256_hex(content_of("$root/$entrypoint"))));
  for (@paths) {
    my $is_folder = -d "$root/$_";
    my $content = $is_folder ? '' : content_of("$root/$_");
    $tar .= header(split_path($is_folder ? "$_/" : $_), size => length $content, type => $is_folder ? '5' : '0',
                   executable => $is_folder || -x "$root/$_") . padded($content);
  }
  return gzip(whole($tar));
}

# --- faults ---------------------------------------------------------------------------------------------
my $json = content_of('hello/connector.manifest.json');
my $hello = file('connector.manifest.json', $json) . file('index.js', "x\n");
sub with { return gzip(whole($hello, @_)) }
my $sound = with();
my $gzip_of = sub { my ($flags, $more) = @_; my $all = $sound; substr($all, 3, 1) = chr $flags; substr($all, 10, 0) = $more; return $all };
my %faults = (
  'gzip-magic' => sub { return "PK" . substr $sound, 2 },
  'gzip-extra' => sub { return $gzip_of->(4, "\2\0xx") },
  'gzip-long-name' => sub { return $gzip_of->(8, 'n' x 4096 . "\0") },
  'gzip-second' => sub { return $sound . gzip('') },
  'gzip-crc' => sub { my $all = $sound; substr($all, -8, 1) ^= "\1"; return $all },
  'gzip-cut' => sub { return substr $sound, 0, -9 },
  'gzip-ratio' => sub { return with(file('zeros', "\0" x 20_000_000)) },
  'tar-checksum' => sub { return with(file('x', '', wrong_sum => 1)) },
  'tar-cut' => sub { return gzip($hello) },
  'tar-lone-zeros' => sub { return with("\0" x 512, file('x', '')) },
  'tar-behind' => sub { return gzip($hello . $end . 'x' . "\0" x 511) },
  'size-base256' => sub { return with(header(name => 'x', raw => {124 => "\x80" . "\0" x 11})) },
  'file-slash' => sub { return with(file('x/', 'y')) },
  'folder-size' => sub { return with(folder('x', size => 512), 'y' x 512) },
  'hard-link' => sub { return with(header(name => 'x', type => '1', raw => {157 => 'index.js'})) },
  'symbolic-link' => sub { return with(header(name => 'x', type => '2', raw => {157 => '/etc'})) },
  'device' => sub { return with(header(name => 'x', type => '3')) },
  'gnu-long-name' => sub { return with(header(name => '././@LongLink', type => 'L', size => 2), padded('x'), file('y', '')) },
  'gnu-sparse' => sub { return with(header(name => 'x', type => 'S')) },
  'prefix-no-magic' => sub { return with(file('x', '', raw => {257 => "ustar  \0", 345 => 'lib'})) },
  'pax-path' => sub { return with(pax(record('path', 'y')), file('x', '')) },
  'pax-malformed' => sub { return with(pax("99 mtime=0\n"), file('x', '')) },
  'twice' => sub { return with(file('x', ''), file('x', '')) },
  'case' => sub { return with(file('readme', ''), file('README', '')) },
  'file-and-folder' => sub { return with(file('x', ''), file('x/y', '')) },
  'receipt' => sub { return with(file('install-receipt.json', '{}')) },
  'no-manifest' => sub { return gzip(whole(file('index.js', ''))) },
  'no-entrypoint' => sub { return gzip(whole(file('connector.manifest.json', $json))) },
  'other-checksum' => sub { return gzip(whole(file('connector.manifest.json', with_checksum($json, '0' x 64)), file('index.js', 'x'))) },
  # No fault: what must be read over.
  'sound' => sub { return with(folder('lib'), file('./lib/x', ''), map { pax(record($_, '1')) . file("$_.txt", '') } map { split } block('pax-keywords')) },
);

sub save { my ($name, $tarball) = @_; open my $out, '>:raw', $name or die "$name: $!"; print $out $tarball }

if ($what eq 'pack') {
  print pack_folder($argument);
} elsif ($what eq 'faults') {
  save("$argument/sound", (delete $faults{sound})->());
  for (block('faults')) {
    my ($name) = split;
    save("$argument/$name", (delete $faults{$name} // die "the test knows no fault $name of the page\n")->());
  }
  die "the page knows no fault ", join(' ', sort keys %faults), "\n" if %faults;
} else {
  my $number = 0;
  for (block($argument)) { chomp; save("$into/" . ++$number, with(file($_, 'x'))) }
}
