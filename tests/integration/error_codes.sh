#!/usr/bin/env bash
# The table of error codes: every code stands in it once, with one HTTP status and one exit status, and
# a test shows it. Those that no other test meets are met here, each with the two statuses of the table.
source "$(dirname "$0")/lib.sh"

table=$SOURCE/common/base/error_code.h
entries=$(sed -nE 's/^  X\(([a-z_]+), ([0-9]+), ([a-z_]+)\).*/\1 \2 \3/p' "$table")
(($(wc -l <<<"$entries") > 80)) || fail "the table cannot be read"
[[ -z $(cut -d' ' -f1 <<<"$entries" | sort | uniq -d) ]] || fail "a code stands twice in the table"
unshown=()
while read -r code _; do
  grep -rqwE --include='*.cc' --include='*.sh' --exclude=error_code_test.cc "$code" "$SOURCE/tests" || unshown+=("$code")
done <<<"$entries"
((${#unshown[@]} == 0)) || fail "no test shows ${unshown[*]}"

# The exit status of mkt for a code: by the table's word, by the number of the enum above it.
exit_status_of() {
  local word
  word=$(awk -v code="$1" '$1 == code {print $3}' <<<"$entries")
  sed -nE "s/^  $word = ([0-9]+),/\1/p" "$table"
}
http_status_of() { awk -v code="$1" '$1 == code {print $2}' <<<"$entries"; }
# answers CODE METHOD PATH …: the code, with the table's status.
answers() {
  local code=$1
  shift
  expect_http "$(http_status_of "$code")" "$code" "$@"
}
# ends CODE COMMAND…: mkt ends with the table's exit status and says the code.
ends() {
  local code=$1
  shift
  expect "$(exit_status_of "$code")" "$MKT" --json "$@"
  jq -e --arg code "$code" '.code == $code' out >/dev/null || { cat out err >&2; fail "expected $code: $*"; }
}
# says_raw CODE PERL: what a client that PERL plays (\$c is its connection) is answered.
says_raw() {
  local answer
  answer=$(perl -MIO::Socket::INET -e '
    my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => shift) or die "connect: $!";
    $c->autoflush(1); '"$2"' print while <$c>;' "${MKT_REGISTRY##*:}")
  [[ $answer == "HTTP/1.1 $(http_status_of "$1")"* && $answer == *"\"$1\""* ]] || fail "expected $1: $answer"
}

start_mktd
register acme
auth=(-H "Authorization: Bearer $token")
make_connector wire
expect 0 "$MKT" pack wire -o wire.tgz
expect 0 "$MKT" sign wire.tgz --key "$key"
signature=$(base64 -w0 wire.tgz.sig.json)

# A request that stops in the middle of its head; the answer is looked at in the end.
says_raw request_timeout 'print $c "GET /v1/conn";' &
slow=$!

answers key_not_found POST /v1/publishers/acme/keys/acme:0123456789abcdef/revoke "${auth[@]}" \
  -d '{"reasonCode":"compromised","reason":"lost"}'
ends key_not_found key show acme:0123456789abcdef
answers request_not_found GET /v1/tenants/team/install-requests/req_none "${auth[@]}"
ends request_not_found --tenant team request show req_none
says_raw length_required '
  print $c "PUT /v1/connectors/wire/1.0.0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer '"$token"'\r\n",
    "Mkt-Signature: '"$signature"'\r\nConnection: close\r\n\r\n";'
ends target_exists init wire

expect 0 "$MKT" publish wire --key "$key"
expect 0 "$MKT" --tenant team policy set minApprovals=1 requireApprovalForAll=true
http POST /v1/tenants/team/installs "${auth[@]}" -d '{"connectorId":"wire","version":"1.0.0"}' >status
[[ $(<status) == "$(http_status_of approval_required)" ]] || fail "an install that waits: $(<status)"
expect "$(exit_status_of approval_required)" "$MKT" --tenant team install wire

expect 0 "$MKT" install wire
make_connector other
expect 0 "$MKT" publish other --key "$key"
ends lock_mismatch install other --frozen
# Where the daemon cannot be asked.
mv data/control.sock aside
expect "$(exit_status_of data_locked)" "$MKTD" gc --data data
says err "in use by another mktd"
mv aside data/control.sock

wait "$slow" || fail "a head that stops"
