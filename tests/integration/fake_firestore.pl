# fake_firestore.pl FOLDER: as much of Firestore's REST API as a mirror needs, for tests that look at what
# is sent. Writes its port to FOLDER/port when it answers, each commit's body to FOLDER/commits, a line
# each, and after each commit all documents to FOLDER/documents: {path: fields}. A file FOLDER/down makes
# it answer 503, and it refuses documents whose path is in a file FOLDER/refuse. Preconditions hold as they do there. Ends with SIGTERM.
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;

my $folder = shift;
my $json = JSON::PP->new->utf8->canonical;
my (%documents, $clock);  # by path: {name, fields, updateTime}
if (-e "$folder/seed") {  # documents that are there already: {path: fields}
  my $seed = $json->decode(do { local (@ARGV, $/) = "$folder/seed"; <> });
  $documents{$_} = {fields => $seed->{$_}, updateTime => now()} for keys %$seed;
}

sub now { return sprintf '2026-01-01T00:00:%02d.%06dZ', ++$clock / 1_000_000, $clock % 1_000_000 }
sub path_of { return $_[0] =~ s{^projects/[^/]+/databases/[^/]+/documents/}{}r }
sub save { my ($name, $text) = @_; open my $out, '>', "$folder/$name.new" or die $!; print $out $text; close $out; rename "$folder/$name.new", "$folder/$name" }

sub commit {
  my $body = shift;
  my %refused;
  if (open my $in, '<', "$folder/refuse") { chomp(my @paths = <$in>); $refused{$_} = 1 for @paths }
  if (grep { $refused{path_of($_->{delete} // $_->{update}{name})} } @{$body->{writes}}) {
    return (400, {error => {code => 400, status => 'INVALID_ARGUMENT', message => 'refused'}});
  }
  for my $write (@{$body->{writes}}) {
    my $path = path_of($write->{delete} // $write->{update}{name});
    my $expected = $write->{currentDocument} or next;
    my $there = $documents{$path};
    my $holds = exists $expected->{exists} ? !$there == !$expected->{exists} : $there && $there->{updateTime} eq $expected->{updateTime};
    return (400, {error => {code => 400, status => 'FAILED_PRECONDITION', message => "of $path"}}) if !$holds;
  }
  my $time = now();
  for my $write (@{$body->{writes}}) {
    if (my $name = $write->{delete}) { delete $documents{path_of($name)} }
    else { $documents{path_of($write->{update}{name})} = {fields => $write->{update}{fields}, updateTime => $time} }
  }
  open my $log, '>>', "$folder/commits" or die $!;
  print $log $json->encode($body), "\n";
  save('documents', $json->encode({map { $_ => $documents{$_}{fields} } keys %documents}));
  return (200, {writeResults => [map { {updateTime => $time} } @{$body->{writes}}], commitTime => $time});
}

sub shown {
  my ($name, $mask) = @_;
  my $document = $documents{path_of($name)};
  my %fields = %{$document->{fields}};
  if ($mask) { %fields = map { exists $fields{$_} ? ($_ => $fields{$_}) : () } @$mask }
  return {name => $name, fields => \%fields, updateTime => $document->{updateTime}};
}

sub answer {
  my ($target, $body) = @_;
  return (503, {error => {code => 503, status => 'UNAVAILABLE', message => 'down'}}) if -e "$folder/down";
  my ($root) = $target =~ m{^/v1/(projects/.*/documents):};
  return (404, {error => {code => 404}}) if !$root;
  $root =~ s/%28/(/; $root =~ s/%29/)/;
  return commit($body) if $target =~ /:commit$/;
  if ($target =~ /:batchGet$/) {
    return (200, [map { $documents{path_of($_)} ? {found => shown($_, $body->{mask}{fieldPaths})} : {missing => $_} } @{$body->{documents}}]);
  }
  my $collection = $body->{structuredQuery}{from}[0]{collectionId};
  my $after = path_of($body->{structuredQuery}{startAt}{values}[0]{referenceValue} // '');
  my @found = grep { m{(^|/)\Q$collection\E/[^/]+$} && $_ gt $after } sort keys %documents;
  splice @found, $body->{structuredQuery}{limit} if @found > $body->{structuredQuery}{limit};
  return (200, [{readTime => now()}, map { {document => shown("$root/$_")} } @found]);
}

my $server = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', ReuseAddr => 1) or die $!;
save('port', $server->sockport . "\n");
$SIG{PIPE} = 'IGNORE';
while (my $client = $server->accept) {
  my ($target, $length) = ('', 0);
  while (my $line = <$client>) {
    $target = $1 if $line =~ m{^\w+ (\S+) HTTP};
    $length = $1 if $line =~ /^Content-Length: (\d+)/i;
    print $client "HTTP/1.1 100 Continue\r\n\r\n" if $line =~ /^Expect:/i;
    last if $line =~ /^\r\n$/;
  }
  my $body;
  read $client, $body, $length;
  my ($status, $answer) = answer($target, $length ? $json->decode($body) : {});
  my $text = $json->encode($answer);
  print $client "HTTP/1.1 $status X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " . length($text) . "\r\n\r\n$text";
  close $client;
}
