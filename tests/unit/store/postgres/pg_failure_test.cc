// What each SQLSTATE means; PostgreSQL's manual, appendix A.
#include "daemon/store/postgres/pg_failure.h"

#include <doctest/doctest.h>

namespace mkt::postgres {
namespace {

FailureKind kind(const char* state) { return kind_of({state, "", false}); }

TEST_CASE("PgFailure: each SQLSTATE has its kind") {
  for (const char* race : {"40001", "40P01", "55P03", "23505"}) {
    CAPTURE(race);
    CHECK(kind(race) == FailureKind::decide_again);
  }
  for (const char* gone : {"", "08000", "08006", "25006", "40003", "57P01", "57P02", "57P03"}) {
    CAPTURE(gone);
    CHECK(kind(gone) == FailureKind::reconnect);
  }
  CHECK(kind("53100") == FailureKind::storage_full);
  for (const char* failed : {"53000", "53200", "53300", "57014", "58030", "58P01", "XX000"}) {
    CAPTURE(failed);
    CHECK(kind(failed) == FailureKind::storage_failed);
  }
  CHECK(kind("22021") == FailureKind::bad_text);
  for (const char* bug : {"42601", "42P01", "23503", "22P02"}) {
    CAPTURE(bug);
    CHECK(kind(bug) == FailureKind::bug);
  }
}

TEST_CASE("PgFailure: what may pass says when to come back") {
  CHECK(error_of({"40001", "", false}).code == ErrorCode::overloaded);
  CHECK(error_of({"40001", "", false}).retry_after);
  CHECK(error_of({"", "", false}).code == ErrorCode::storage_failed);
  CHECK(error_of({"", "", false}).retry_after);
  CHECK(error_of({"53100", "", false}).code == ErrorCode::storage_full);
  CHECK(error_of({"22021", "", false}).code == ErrorCode::invalid_input);
  CHECK(error_of({"42601", "", false}).code == ErrorCode::internal_error);
}

}  // namespace
}  // namespace mkt::postgres
