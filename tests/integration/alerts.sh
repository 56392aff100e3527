#!/usr/bin/env bash
# The alerts of scripts/prometheus-alerts.yml: Prometheus takes them, each fires when it should and is silent when
# it should, says what to do, and asks for metrics that there are, as the Grafana dashboard does.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
command -v promtool >/dev/null || skip "promtool is not installed (package prometheus)"
cp "$SOURCE/scripts/prometheus-alerts.yml" "$SOURCE/tests/integration/alert_rules.yml" .
rules=prometheus-alerts.yml

expect 0 promtool check rules "$rules"
! grep -qi warn out err || { cat out err >&2; fail "promtool has remarks"; }
expect 0 promtool test rules alert_rules.yml
# So does what mktd-operations(7) shows.
block mktd-operations.7 config prometheus >prometheus.yml
expect 0 promtool check config prometheus.yml
says out "$(grep -cE "^ +- alert:" "$rules") rules found"

# Each rule has a group of tests of its name, where it is silent first and then fires, and no group is of another.
sed -nE 's/^ +- alert: //p' "$rules" | sort >alerts
perl -00 -ne '
  next if !/^  - name: (Mktd\S+)/m;
  my $name = $1;
  /eval_time: \S+, expr: .ALERTS\{alertstate="firing"\}.\}/ or die "$name is never seen silent\n";
  /exp_samples: \[\{labels: .ALERTS\{alertname="$name",alertstate="firing",/ or die "$name is never seen firing\n";
  print "$name\n"' alert_rules.yml | sort >tested
diff alerts tested >&2 || fail "alerts (left) and their tests (right)"
[[ -z $(uniq -d alerts) ]] || fail "two alerts have one name: $(uniq -d alerts)"

# Each has a summary and a description, which names a page and a section of it, or a command; a label in them
# is one that the alert has.
perl -e '
  my ($rules, $tests) = map { local $/; open my $in, "<", $_ or die; <$in> } @ARGV;
  for (split /^      - alert: /m, $rules) {
    /^(Mktd\S+)\n/ or next;
    my $name = $1;
    /^ +summary: ".+"$/m or die "$name has no summary\n";
    /^ +description: >-\n((?: {12}.*\n)+)/m or die "$name has no description\n";
    (my $text = $1) =~ s/\s+/ /g;
    my ($labels) = $tests =~ /ALERTS\{alertname="$name",([^}]*)/;
    index(",$labels", ",$_=") >= 0 or die "$name has no label $_\n" for /\$labels\.(\w+)/g;
    $text =~ /mkt[a-z-]*(\.conf)?\([1-8]\)|mkt status|see Mktd/ or die "$name does not say where to read on\n";
    print "$1\t$2\n" while $text =~ /(mkt[a-z.-]*)\([1-8]\), ((?:"[^"]+"(?:,? and )?)+)/g;
  }' "$rules" alert_rules.yml >sections || fail "the texts of the alerts"
while IFS=$'\t' read -r page names; do
  while read -r name; do
    grep -qixE "^\.S[sh] $name" "$SOURCE"/man/$page.[1-8] || fail "$page has no section $name"
  done < <(grep -oE '"[^"]+"' <<<"$names" | tr -d '"')
done <sections
(($(wc -l <sections) > 10)) || fail "only $(wc -l <sections) sections are named"

# A daemon has what they ask for: every name, and every value of a label that they name; where the daemon does
# not use that part, the manual lists the name.
start_mktd --redis-url redis://127.0.0.1:1 --limit auth-failure=20/15m
expect_http 401 - GET /v1/whoami -H 'Authorization: Bearer nobody'
expect_http 200 - GET /readyz
curl -sS "$MKT_REGISTRY/metrics" >/dev/null # it counts processor time once a scrape was there
curl -sS "$MKT_REGISTRY/metrics" >metrics
sed -n '/^\.Li GET \/metrics/,/^\.El/p' "$SOURCE/man/mktd.8" | grep -oE 'mktd_[a-z_]+' | sort -u >manual
{
  sed -nE '/^ +expr:/,/^ +(for|labels):/p' "$rules"
  jq -r '.panels[].targets[].expr' "$SOURCE/scripts/grafana-dashboard.json"
} | perl -0777 -ne '
  while (/\b((?:mktd|process)_[a-z_]+)(?:\{([^}]*)\})?/g) {
    my ($name, $labels) = ($1, $2 // "");
    print join("\t", $name, grep { !/^(job|status)=/ } $labels =~ /(\w+="[^"]*")/g), "\n";
  }' | sort -u >asked
(($(wc -l <asked) > 25)) || fail "only $(wc -l <asked) series are asked for"
while IFS=$'\t' read -r -a asked; do
  name=${asked[0]}
  if grep -E "^${name}[{ ]" metrics >series; then
    for label in "${asked[@]:1}"; do
      grep -qF -- "$label" series || fail "no series of $name has $label"
    done
  else
    [[ $name =~ ^mktd_(mirror|blob_cache|log|memory|tls)_ ]] || fail "the daemon has no $name"
    grep -qx "$name" manual || fail "mktd(8) does not list $name"
  fi
done <asked
