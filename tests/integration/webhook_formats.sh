#!/usr/bin/env bash
# What a chat and a relay of mail are told: a chat in Slack's shape, and by mail the owners of what others
# changed, but not who changed it.
source "$(dirname "$0")/lib.sh"

mkdir got
perl "$SOURCE/tests/integration/webhook_receiver.pl" port told got &
receiver=$!
cleanup() { kill "$receiver"; }
wait_for "the receiver" test -s port
here=http://127.0.0.1:$(<port)
cat >mktd.conf <<CONF
[[webhook]]
url = "$here/slack"
format = "slack"
events = ["version.*"]

[[webhook]]
url = "$here/mail"
secret = "0123456789abcdef0123456789abcdef"
format = "mail"
CONF
chmod o= mktd.conf
start_mktd --config mktd.conf
admin=$token
export MKT_TOKEN=$token
register beta
register acme
ci=$("$MKT" token create --json --role publisher --subject acme --name ci | jq -r .token)
make_connector tool
MKT_TOKEN=$ci expect 0 "$MKT" publish tool --key "$key"
MKT_TOKEN=$admin expect 0 "$MKT" owner add tool beta
sed -i 's/1\.0\.0/1.1.0/' tool/connector.manifest.json
MKT_TOKEN=$ci expect 0 "$MKT" publish tool --key "$key"
MKT_TOKEN=$admin expect 0 "$MKT" deprecate tool@1.0.0 --reason '<!channel> & "more"'
sed -i 's/1\.1\.0/1.2.0/' tool/connector.manifest.json
MKT_TOKEN=$admin expect 0 "$MKT" publish tool --key "$key"
number() { "$MKT" log --json | jq -r --arg a "$1" --arg s "$2" '.entries[] | select(.action == $a and .subject == $s) | .sequence'; }
last=$(number version.publish tool@1.2.0)
both() { [[ -s got/slack-$last.signed && -s got/mail-$last.signed ]]; }
wait_for "the last event" both

# What mktd.conf(5) computes is the name that metrics, the status and the log have.
source "$SOURCE/tests/integration/man_page.sh"
name=$(eval "$(block mktd.conf.5 example 'name of a webhook' | sed "s|^url=.*|url=$here/slack|; s|request.deny request.create|'version.*'|")")
curl -sSf "$MKT_REGISTRY/metrics" >metrics
says metrics "breaker=\"webhook:$name\""

one=$(number version.publish tool@1.0.0)
jq -e '(.text | startswith("publisher:acme")) and (.text | contains("published tool@1.0.0")) and
  .blocks[0].type == "section" and .blocks[0].text.type == "mrkdwn" and .blocks[1].type == "context"' "got/slack-$one" >/dev/null ||
  fail "slack: $(<"got/slack-$one")"
[[ $(<"got/slack-$one.signed") == no ]] || fail "signed without a secret"
jq -e '.text | contains("&lt;!channel&gt; &amp; \"more\"")' "got/slack-$(number version.deprecate tool@1.0.0)" >/dev/null ||
  fail "not escaped: $(cat got/slack-*)"

# Nobody is told of its own publish; the second goes to the other owner, an admin's to both.
to() { jq -c .to "got/mail-$1"; }
[[ ! -e got/mail-$one || $(to "$one") != *acme@acme* ]] || fail "acme is told of itself: $(<"got/mail-$one")"
two=$(number version.publish tool@1.1.0)
[[ $(to "$two") == '["\"beta\" <beta@acme.example>"]' ]] || fail "1.1.0 to $(to "$two")"
[[ $(to "$last") == '["\"acme\" <acme@acme.example>","\"beta\" <beta@acme.example>"]' ]] || fail "1.2.0 to $(to "$last")"
[[ $(<"got/mail-$last.signed") == yes ]] || fail "not signed"
jq -e --arg s "$last" '(.messageId | test("^<mkt-\($s)-[0-9]{8}T[0-9]{9}Z@registry>$")) and (.subject | startswith("[mkt] admin")) and (.date | endswith("Z"))' "got/mail-$last" >/dev/null ||
  fail "mail: $(<"got/mail-$last")"

# Settings that are wrong. A list is none of them, not even of one.
for line in 'format = ["slack"]' 'format = ["slack", "mail"]' 'url = ["http://127.0.0.1:1/x"]' 'secret = ["0123456789abcdef"]'; do
  printf '[[webhook]]\nformat = "slack"\nurl = "%s"\n' "$here/x" | sed "/^${line%% *} /d" >mktd.conf
  echo "$line" >>mktd.conf
  expect 2 "$MKTD" --data elsewhere --config mktd.conf --check-config
  says err "mktd.conf:$(wc -l <mktd.conf): [[webhook]] 1: ${line%% *}: "
  says err "it takes one text and no list"
done
printf '[[limit]]\npublisher = ["acme"]\npublish = "1/1m"\n' >mktd.conf
expect 2 "$MKTD" --data elsewhere --config mktd.conf --check-config
says err "it takes one value and no list"
for line in 'format = "smoke"' 'format = "mail"'; do
  printf '[[webhook]]\nurl = "%s"\n%s\n' "$here/x" "$line" >mktd.conf
  expect 2 "$MKTD" --data elsewhere --config mktd.conf --check-config
done
