#!/usr/bin/env bash
# The log in systemd's journal: a real systemd-journald takes the entries with their fields. It runs in
# mounts of its own, so the machine's journal, if it has one, sees nothing of this.
source "$(dirname "$0")/lib.sh"
journald=/lib/systemd/systemd-journald
[[ -x $journald ]] || skip "systemd-journald is not installed (package systemd)"
command -v journalctl >/dev/null && command -v systemd-cat >/dev/null || skip "journalctl is not installed"

# Where there is no journal, the log goes to stderr and says why; auto is stderr here.
expect 2 "$MKTD" --data data --log-target nowhere --check-config
if [[ ! -e /run/systemd/journal/socket ]]; then
  start_mktd --log-target journal
  says mktd.log "the log goes on as before"
  expect_http 200 - GET /healthz
  stop_mktd
  says mktd.log "msg=request"
fi
if [[ -z ${IN_OWN_MOUNTS:-} ]]; then
  ((EUID == 0)) || skip "only root can run a journal of its own"
  unshare --mount --propagation private true 2>/dev/null || skip "mounts cannot be made here"
  trap - EXIT
  cd /
  rm -rf "$work"
  IN_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0"
fi

mkdir -p /run/systemd /run/log
for place in /run/systemd /run/log; do mount -t tmpfs tmpfs $place || skip "a tmpfs cannot be mounted"; done
mkdir /run/log/journal
"$journald" >journald.log 2>&1 &
journal=$!
cleanup() { kill "$journal" 2>/dev/null || true; }
wait_for "the journal" test -S /run/systemd/journal/socket
entries() { journalctl -D /run/log/journal -o json --no-pager -t mktd 2>/dev/null; }
has() { entries | jq -se "[.[] | select($1)] | length > 0" >/dev/null; }

start_mktd --log-target journal
expect_http 200 - GET "/v1/search?q=%22two%20words%22" -H 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
id=$(sed -n 's/^X-Request-Id: *//Ip' headers | tr -d '\r')
wait_for "the entry" has ".MKTD_REQUEST == \"$id\" and .MKTD_STATUS == \"200\" and .MKTD_PATH == \"/v1/search\" and .PRIORITY == \"6\"
  and .MKTD_TRACE_ID == \"4bf92f3577b34da6a3ce929d0e0e4736\" and ._PID == \"$daemon\" and ._TRANSPORT == \"journal\"
  and (.MESSAGE | startswith(\"level=info msg=request request=$id \"))"
! grep "request=$id" mktd.log || fail "it is on stderr as well"
# journalctl finds it by the field.
[[ $(journalctl -D /run/log/journal -o cat --no-pager "MKTD_REQUEST=$id" 2>/dev/null | wc -l) == 1 ]] || fail "not found by its field"
# What a client writes forges no entry.
expect_http 400 - GET '/x%0APRIORITY=0%0AMESSAGE=forged'
expect_http 404 - GET '/x%22%20level=error%20MESSAGE=forged'
id=$(sed -n 's/^X-Request-Id: *//Ip' headers | tr -d '\r')
wait_for "the entry" has ".MKTD_REQUEST == \"$id\" and .MKTD_PATH == \"/x\\\" level=error MESSAGE=forged\" and .PRIORITY == \"6\""
! has '.MESSAGE == "forged" or .PRIORITY == "0"' || fail "an entry was forged"

# The journal is started anew: what it misses is on stderr, and then it goes on.
kill "$journal"
wait "$journal" || true
rm -f /run/systemd/journal/socket
expect_http 200 - GET /healthz
lost=$(sed -n 's/^X-Request-Id: *//Ip' headers | tr -d '\r')
wait_for "the line on stderr" grep -q "msg=request request=$lost" mktd.log
"$journald" >>journald.log 2>&1 &
journal=$!
wait_for "the journal" test -S /run/systemd/journal/socket
expect_http 200 - GET /healthz
id=$(sed -n 's/^X-Request-Id: *//Ip' headers | tr -d '\r')
wait_for "the entry" has ".MKTD_REQUEST == \"$id\""
stop_mktd

# As under systemd, stderr is a stream of the journal, and JOURNAL_STREAM says which (systemd.exec(5)): the
# fields are there by themselves, and in the log's format.
cat >as_service <<'SERVICE'
export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)
exec "$MKTD" --data data --listen 127.0.0.1:0 "$@"
SERVICE
rm -f data/mktd.url
systemd-cat -t stream bash as_service --log-format json &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
MKT_REGISTRY=$(<data/mktd.url)
expect_http 200 - GET /healthz
id=$(sed -n 's/^X-Request-Id: *//Ip' headers | tr -d '\r')
wait_for "the entry" has ".MKTD_REQUEST == \"$id\" and (.MESSAGE | fromjson | .request == \"$id\" and .status == 200 and (.us | type) == \"number\")"
stop_mktd
# And as lines where one wants them.
rm -f data/mktd.url
systemd-cat -t stream bash as_service --log-target stderr &
daemon=$!
wait_for "mktd to start" test -s data/mktd.url
MKT_REGISTRY=$(<data/mktd.url)
expect_http 200 - GET /healthz
id=$(sed -n 's/^X-Request-Id: *//Ip' headers | tr -d '\r')
in_stream() { [[ $(journalctl -D /run/log/journal -o cat --no-pager -t stream 2>/dev/null) == *"request=$id "* ]]; }
wait_for "the line" in_stream
! has ".MKTD_REQUEST == \"$id\"" || fail "it has fields"
stop_mktd
