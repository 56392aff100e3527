#!/usr/bin/env bash
# W3C Trace Context, level 1: a request's trace is in the log and goes on to webhooks; what is not valid
# is no trace.
source "$(dirname "$0")/lib.sh"

cat >receiver.py <<'PY'
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        print(json.dumps({"event": self.headers["Mkt-Webhook-Event"],
                          "sequence": int(self.headers["Mkt-Webhook-Sequence"]),
                          "traceparent": self.headers.get_all("traceparent"),
                          "tracestate": self.headers.get_all("tracestate")}), flush=True)
        self.send_response(204); self.end_headers()
    def log_message(self, *a): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, file=open("port.new", "w"), flush=True)
import os; os.rename("port.new", "port")
server.serve_forever()
PY
python3 receiver.py >told &
receiver=$!
cleanup() { kill "$receiver" 2>/dev/null || true; }
wait_for "the receiver" test -s port
cat >mktd.conf <<CONF
[[webhook]]
url = "http://127.0.0.1:$(<port)/"
secret = "0123456789abcdef0123456789abcdef"
events = ["token.*"]
CONF
chmod 600 mktd.conf
start_mktd --config mktd.conf --log-format json
logged() { # FILTER: of requests
  grep '"msg":"request"' mktd.log | jq -se "[.[] | select($1)] | length > 0" >/dev/null
}

trace=4bf92f3577b34da6a3ce929d0e0e4736
parent=00f067aa0ba902b7
expect_http 200 - GET /v1/search -H "traceparent: 00-$trace-$parent-01"
wait_for "the log" logged ".path == \"/v1/search\" and .traceId == \"$trace\" and .parentSpanId == \"$parent\" and .spanId == .request"
# An answer from memory, one that is refused, and a name in capitals.
expect_http 200 - GET /v1/keys
expect_http 200 - GET /v1/keys -H "TraceParent: 00-$trace-$parent-00"
wait_for "the log" logged ".path == \"/v1/keys\" and .traceId == \"$trace\""
expect_http 404 - GET /nowhere -H "traceparent: 00-$trace-$parent-00"
wait_for "the log" logged ".path == \"/nowhere\" and .traceId == \"$trace\""

# told_of NAME [HEADER…]: makes a token of that name, whose webhook goes to ./one.
n=0
told_of() {
  local headers=() header
  for header in "$@"; do headers+=(-H "$header"); done
  expect_http 201 - POST /v1/tokens -H "Authorization: Bearer $token" "${headers[@]}" \
    -d "{\"name\":\"t$n\",\"role\":\"admin\"}"
  ((n += 1))
  id=$(sed -n 's/^X-Request-Id: *//Ip' headers | tr -d '\r')
  is_told() { [[ $(wc -l <told) == "$n" ]]; }
  wait_for "the webhook" is_told
  tail -n 1 told >one
}
told_of "traceparent: 00-$trace-$parent-01" 'tracestate: rojo=1' 'tracestate: congo=t61rcWkgMzE'
[[ $(jq -c '[.traceparent, .tracestate]' one) == "[[\"00-$trace-$id-01\"],[\"rojo=1,congo=t61rcWkgMzE\"]]" ]] || fail "told $(<one)"
[[ $id != "$parent" && $id =~ ^[0-9a-f]{16}$ ]] || fail "the span is $id"
told_of "traceparent: cc-$trace-$parent-09-what-the-future-will-be-like"
[[ $(jq -c '[.traceparent, .tracestate]' one) == "[[\"00-$trace-$id-01\"],null]" ]] || fail "told $(<one)"
told_of "traceparent: 00-$trace-$parent-00" "tracestate: no list"
[[ $(jq -c '[.traceparent, .tracestate]' one) == "[[\"00-$trace-$id-00\"],null]" ]] || fail "told $(<one)"

# No trace: nothing is made up, and nothing is refused because of it.
told_of
[[ $(jq -c '[.traceparent, .tracestate]' one) == '[null,null]' ]] || fail "told $(<one)"
for wrong in "ff-$trace-$parent-01" "00-$trace-$parent-01-x" "00-${trace^^}-$parent-01" "00-$trace-0000000000000000-01" x; do
  told_of "traceparent: $wrong" 'tracestate: rojo=1'
  [[ $(jq -c '[.traceparent, .tracestate]' one) == '[null,null]' ]] || fail "$wrong: told $(<one)"
done
told_of "traceparent: 00-$trace-$parent-01" "traceparent: 00-${trace/4/5}-$parent-01"
[[ $(jq -c '[.traceparent, .tracestate]' one) == '[null,null]' ]] || fail "two of them: told $(<one)"
told_of 'tracestate: rojo=1'
[[ $(jq -c '[.traceparent, .tracestate]' one) == '[null,null]' ]] || fail "tracestate alone: told $(<one)"
