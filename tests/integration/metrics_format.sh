#!/usr/bin/env bash
# Prometheus's own parser and linter read /metrics, whatever a client did before.
source "$(dirname "$0")/lib.sh"
command -v promtool >/dev/null || skip "promtool is not installed (package prometheus)"

start_mktd --redis-url redis://127.0.0.1:1
register acme
make_connector hello
expect 0 "$MKT" publish hello
expect 0 "$MKT" install hello
for path in '/v1/search?q=%22%5C' '/a"b\c' "/v1/connectors/hello/9.9.9" /; do
  http GET "$path" >/dev/null || true
  http 'M"\' "$path" >/dev/null || true
done
curl -sS "$MKT_REGISTRY/metrics" >metrics
promtool check metrics <metrics >out 2>&1 || { cat out >&2; fail "promtool has complaints"; }
[[ ! -s out ]] || { cat out >&2; fail "promtool has remarks"; }
