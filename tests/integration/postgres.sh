#!/usr/bin/env bash
# The store on a real PostgreSQL: a cluster of the test's own, with every promise of the unit tests.
source "$(dirname "$0")/lib.sh"
[[ -x ${MKT_BUILD_DIR:-}/tests/mkt_tests ]] || skip "the unit tests are not built"
source "$(dirname "$0")/postgres_server.sh"
cleanup() { stop_postgres; }

"$MKT_BUILD_DIR/tests/mkt_tests" -tc='with PostgreSQL*' >tests.out 2>&1 ||
  { tail -100 tests.out >&2; fail "the store's own tests"; }
! grep -q SKIPPED tests.out || fail "a test found no PostgreSQL"

# Every use case again, with its records there. One test reads the file of SQLite's store.
MKT_TEST_STORE=postgres "$MKT_BUILD_DIR/tests/mkt_tests" -sf='*/unit/service/*,*/unit/views/*,*/unit/webhooks/*' \
  -tce='of a policy?s history the newest hundred are kept' >services.out 2>&1 ||
  { tail -100 services.out >&2; fail "the use cases on PostgreSQL"; }

# Nothing was left open.
idle=$("$bin/psql" -At -h 127.0.0.1 -p "$port" -U postgres postgres \
  -c "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
[[ $idle == 0 ]] || fail "$idle sessions are idle in a transaction"
