#!/usr/bin/env bash
# scripts/reliability-gate: what it makes of tests that pass, fail and cannot run, and of a promise that
# has none. The tests here are made up; CTest, which runs them, is real.
source "$(dirname "$0")/lib.sh"
command -v ctest >/dev/null || skip "ctest is not installed"

mkdir -p build/tests bin
# Nothing is to be built.
printf '#!/bin/sh\nexit 0\n' >bin/cmake
chmod +x bin/cmake
touch build/build.ninja
export PATH=$work/bin:$PATH MKT_BUILD_DIR=$work preset=build
printf '%s\t%s\t%s\n' first "the first promise" "" second "the second promise" "" third "the third promise" "" >build/tests/promises
# made_up NAME LABELS COMMAND: a test.
made_up() {
  printf 'add_test([==[%s]==] "/bin/sh" "-c" [==[%s]==])\n' "$1" "$3"
  printf 'set_tests_properties([==[%s]==] PROPERTIES LABELS "%s" SKIP_RETURN_CODE 77)\n' "$1" "$2"
}
{
  made_up 'one, "quoted" & <odd>' reliability.first true
  made_up two 'reliability.first;reliability.second' true
  made_up cannot reliability.third 'echo "SKIPPED: no such server is installed" >&2; exit 77'
  made_up other unlabelled false
} >build/CTestTestfile.cmake

expect 0 "$SOURCE/scripts/reliability-gate"
grep -Eq '^first +the first promise +holds +2 +[0-9.]+ s$' out || fail "the first row: $(cat out)"
grep -Eq '^second +the second promise +holds +1 ' out || fail "a test of two rows: $(cat out)"
grep -Eq '^third +the third promise +skipped +1 ' out || fail "what cannot run: $(cat out)"
says out "left out of third: cannot: no such server is installed"
says out "2 of 3 promises hold"
expect 0 "$SOURCE/scripts/reliability-gate" --json
jq -e '.good and (.rows | length) == 3 and .rows[0].tests[0].name == "one, \"quoted\" & <odd>" and .rows[2].result == "skipped"' out >/dev/null ||
  fail "the document: $(cat out)"

# What breaks is named, with its own words, and so is a promise that no test shows any more.
made_up worse reliability.second 'echo "FAILED: the limit let 101 pass"; exit 1' >>build/CTestTestfile.cmake
printf '%s\t%s\t%s\n' fourth "the fourth promise" "" >>build/tests/promises
expect 1 "$SOURCE/scripts/reliability-gate"
grep -Eq '^second +the second promise +broken +2 ' out || fail "the broken row: $(cat out)"
says err "reliability-gate: second: worse: the limit let 101 pass"
says err "reliability-gate: fourth: no test shows it"
expect 1 "$SOURCE/scripts/reliability-gate" --json
jq -e '.good == false and ([.rows[] | select(.result == "broken") | .row] == ["second", "fourth"])' out >/dev/null ||
  fail "the document of what broke: $(cat out)"
expect 2 "$SOURCE/scripts/reliability-gate" --nonsense
