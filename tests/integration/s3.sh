#!/usr/bin/env bash
# The store of tarballs against a real S3: Ceph's radosgw, started by scripts/s3-store.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/s3_server.sh"
tests=${MKT_BUILD_DIR:-}/tests/mkt_tests
[[ -x $tests ]] || skip "the unit tests are not built"
cleanup() { stop_s3; }
start_s3

# Every promise of the store, against the real one; and none may have skipped itself.
"$tests" -tc='with S3*' >tests.out 2>&1 || { cat tests.out >&2; fail "the store's own tests"; }
! grep -q SKIPPED tests.out || fail "a test skipped itself"
grep -qE 'test cases: +[1-9]' tests.out || { cat tests.out >&2; fail "no test ran"; }
! grep -qF "$AWS_SECRET_ACCESS_KEY" tests.out || fail "the secret was shown"
