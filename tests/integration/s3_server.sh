# Sourced after lib.sh: starts a real S3 of the test's own (scripts/s3-store) and sets MKT_TEST_S3 and the
# AWS_ variables. The test's cleanup calls stop_s3. Skips where radosgw is not installed.
for program in radosgw ceph-mon ceph-mgr ceph-osd; do
  command -v "$program" >/dev/null || skip "radosgw is not installed ($program is missing)"
done
s3_store=
stop_s3() {
  [[ -n $s3_store ]] || return 0
  kill "$s3_store" 2>/dev/null || true
  wait "$s3_store" || true
}
start_s3() {
  "$SOURCE/scripts/s3-store" "$work/s3" 2>s3.log &
  s3_store=$!
  for ((i = 0; i < 1200; i++)); do
    [[ ! -s $work/s3/environment ]] || break
    kill -0 "$s3_store" 2>/dev/null || { cat s3.log >&2; fail "the S3 did not start"; }
    sleep 0.1
  done
  [[ -s $work/s3/environment ]] || fail "the S3 did not start in time"
  source "$work/s3/environment"
}
