#!/usr/bin/env bash
# The store of tarballs against a real S3: Ceph's radosgw, started by scripts/s3-store.
source "$(dirname "$0")/lib.sh"
for program in radosgw ceph-mon ceph-mgr ceph-osd; do
  command -v "$program" >/dev/null || skip "radosgw is not installed ($program is missing)"
done
tests=${MKT_BUILD_DIR:-}/tests/mkt_tests
[[ -x $tests ]] || skip "the unit tests are not built"

store=
cleanup() {
  [[ -n $store ]] || return 0
  kill "$store" 2>/dev/null || true
  wait "$store" || true
}
"$SOURCE/scripts/s3-store" "$work/s3" 2>s3.log &
store=$!
for ((i = 0; i < 1200; i++)); do
  [[ ! -s $work/s3/environment ]] || break
  kill -0 "$store" 2>/dev/null || { cat s3.log >&2; fail "the S3 did not start"; }
  sleep 0.1
done
[[ -s $work/s3/environment ]] || fail "the S3 did not start in time"
source "$work/s3/environment"

# Every promise of the store, against the real one; and none may have skipped itself.
"$tests" -tc='with S3*' >tests.out 2>&1 || { cat tests.out >&2; fail "the store's own tests"; }
! grep -q SKIPPED tests.out || fail "a test skipped itself"
grep -qE 'test cases: +[1-9]' tests.out || { cat tests.out >&2; fail "no test ran"; }
! grep -qF "$AWS_SECRET_ACCESS_KEY" tests.out || fail "the secret was shown"
