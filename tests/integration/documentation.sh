#!/usr/bin/env bash
# Man pages are clean, every command has one that names its options, and has help with examples.
source "$(dirname "$0")/lib.sh"

mandoc -Tlint -Wwarning "$SOURCE"/man/*.[1-8] >lint || { cat lint >&2; fail "mandoc has complaints"; }
# A page that is referred to is there: ours in man/, of others those that a system has anyway.
others=" curl:1 diff:1 flock:2 git:1 gitignore:5 gzip:1 jq:1 openssl:1 sqlite3:1 tar:1 "
while read -r name section; do
  [[ -f $SOURCE/man/$name.$section || $others == *" $name:$section "* ]] || fail "there is no page $name($section)"
done < <(sed -nE 's/^\.Xr ([^ ]+) ([1-8]).*/\1 \2/p' "$SOURCE"/man/*.[1-8] | sort -u)
# Another page leads to each.
for page in "$SOURCE"/man/*.[1-8]; do
  file=${page##*/}
  grep -qE "^\.Xr ${file%.*} ${file##*.}( |$)" $(ls "$SOURCE"/man/*.[1-8] | grep -vF "/$file") || fail "no page refers to $file"
done
# The manual is installed, as HTML too, whose links lead somewhere.
expect 0 cmake --install "$MKT_BUILD_DIR" --component manual --prefix "$work/installed"
for page in "$SOURCE"/man/*.[1-8]; do
  file=${page##*/}
  [[ -f installed/share/man/man${file##*.}/$file ]] || fail "$file is not installed"
  [[ -s installed/share/doc/mkt/manual/$file.html ]] || fail "$file is not installed as HTML"
done
while read -r link; do
  [[ -f installed/share/doc/mkt/manual/$link || $others == *" $(sed -E 's/(.*)\.([1-8])\.html/\1:\2/' <<<"$link") "* ]] ||
    fail "a link to $link leads nowhere"
done < <(grep -ohE 'href="[^"#]+"' installed/share/doc/mkt/manual/*.html | sed -E 's/href="([^"]*)"/\1/' | sort -u)

commands=$("$MKT" __complete -- '' | cut -f1)
[[ -n $commands ]] || fail "no commands are completed"
for command in $commands; do
  expect 0 "$MKT" "$command" --help
  says out "Examples:"
  page=mkt-$command
  [[ -f $SOURCE/man/$page.1 ]] || page=$(cd "$SOURCE/man" && grep -lE "^\.Nm mkt-$command( ,)?$" mkt-*.1 | sed 's/\.1$//' || true)
  [[ -f $SOURCE/man/$page.1 ]] || fail "there is no man page of mkt $command"
  grep -qE "^\.Nm mkt-$command( ,)?$" "$SOURCE/man/$page.1" || fail "$page.1 does not name mkt $command"
  printf '%s\t%s\t%s\n' "$command" "$(head -n 1 out)" "$page"
done >table
# mkt(1) lists them as mkt itself does: in that order, with that summary, and with the page that tells more.
perl -ne '
  next if !(/^\.Ss Commands$/ .. /^\.El$/);
  if (/^\.It Cm (\S+)$/) { ($name, $summary) = ($1, "") }
  elsif (/^\.Xr (\S+) 1$/) { my $page = $1; $summary =~ s/\.$//; print "$name\t$summary\t$page\n" }
  elsif (defined $name) { chomp; s/^\.Nm ?/mkt/; $summary .= ($summary eq "" ? "" : " ") . $_ }' "$SOURCE/man/mkt.1" >listed
diff table listed >&2 || fail "mkt(1) lists other commands than mkt has"
# A page's one line is the summary of its commands, and its SYNOPSIS names the options that --help lists, for
# the commands of a command too. `update` has --offline only to say why it cannot.
options_in_help() {
  "$MKT" "$@" --help | perl -e '
    my @options;
    while (<STDIN>) {
      $inside = /^Options:$/ if /^\S/;
      push @options, $1 if $inside && /^  (-[^ {]+)/ && $1 ne "-h,--help";
    }
    @options = grep { "$ARGV[0] $_" ne "update --offline" } @options;
    print join(" ", "$ARGV[0]:", sort @options), "\n"' "$*"
}
while IFS=$'\t' read -r command _; do
  if grep -q '^Usage: .* SUBCOMMAND$' <<<"$("$MKT" "$command" --help)"; then
    for sub in $("$MKT" __complete -- "$command" '' | cut -f1); do options_in_help "$command" "$sub"; done
  else
    options_in_help "$command"
  fi
done <table | sort >in_help
(($(wc -l <in_help) > $(wc -l <table))) || fail "the commands of commands are not looked at"
for page in $(cut -f3 table | sort -u); do
  perl "$SOURCE/tests/integration/synopsis.pl" "$SOURCE/man/$page.1" in_help || fail "the synopsis of $page.1"
  summary=$(awk -F'\t' -v page="$page" '$3 == page { printf "%s%s", between, tolower(substr($2, 1, 1)) substr($2, 2); between = "; " }' table)
  [[ $(sed -n 's/^\.Nd //p' "$SOURCE/man/$page.1") == "$summary" ]] || fail "the summary in $page.1 is not: $summary"
done | sort >in_pages
diff in_help in_pages >&2 || fail "a SYNOPSIS (right) names other options than --help (left)"
# mkt-config(1) names every setting.
"$MKT" config list | cut -f1 | sort >settings
sed -n '/^The settings are/,/^hyphens/p' "$SOURCE/man/mkt-config.1" | grep -oE '[a-z_]{3,}' | grep -vE '^(settings|are|and|hyphens|.*underscores|the|well)$' |
  sort -u | diff settings - >&2 || fail "mkt-config(1) has other settings than mkt"
# mktd(8) has the options of mktd in its SYNOPSIS and in its text, and the environment variables in ENVIRONMENT.
"$MKTD" --help >help
grep -oE '\b(MKTD_[A-Z_]+|REDIS_URL)\b' help | sort -u >is
(($(wc -l <is) > 30)) || fail "the variables in: $(<help)"
sed -n '/^\.Sh ENVIRONMENT/,/^\.Sh FILES/p' "$SOURCE/man/mktd.8" | grep -oE '\b(MKTD_[A-Z_]+|REDIS_URL)\b' | sort | diff is - >&2 ||
  fail "ENVIRONMENT of mktd(8) (>) has other variables than mktd --help (<)"
grep -oE -- '^ +(-[a-z],)?--[a-z][a-z-]+' help | grep -oE -- '--[a-z-]+' |
  grep -vxE -- '--(help|version|access-log)' | sort -u >is
(($(wc -l <is) > 30)) || fail "the options in: $(<help)"
for part in '/^\.Sh SYNOPSIS/,/^\.Cm init/' '/^\.Sh DESCRIPTION/,/^\.Ss Operations/'; do
  sed -n "$part p" "$SOURCE/man/mktd.8" | grep -E '^\.(Op|It) ' | grep -oE '(Fl|\|) -[a-z][a-z-]+' | sed -E 's/^\S+ -/--/' | grep -vx -- --no-access-log |
    sort -u | diff is - >&2 || fail "mktd(8) (>) has other options than mktd --help (<), in $part"
done
for shell in bash zsh fish; do expect 0 "$MKT" completion "$shell"; done
bash -n <("$MKT" completion bash) || fail "the bash completion is not bash"
if command -v fish >/dev/null; then
  export PATH=$(dirname "$MKT"):$PATH
  "$MKT" completion fish >mkt.fish
  while IFS=$'\t' read -r command summary _; do
    fish --no-config -c "source mkt.fish; complete -C 'mkt $command'" >out 2>err || { cat err >&2; fail "fish does not read its completion"; }
    says out "$command"$'\t'"$summary"
  done <table
fi
