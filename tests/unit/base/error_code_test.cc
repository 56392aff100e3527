// The table of error codes.
#include "common/base/error_code.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("every code has a word, an HTTP status and an exit status") {
#define X(code, http, exit)                          \
  CHECK(error_code_name(ErrorCode::code) == #code);  \
  CHECK(parse_error_code(#code) == ErrorCode::code); \
  CHECK(http_status(ErrorCode::code) == http);       \
  CHECK(exit_status(ErrorCode::code) == ExitStatus::exit);
  MKT_ERROR_CODES(X)
#undef X
}

TEST_CASE("a word of a newer registry is not known") { CHECK(!parse_error_code("brand_new")); }

TEST_CASE("an answer without a code is taken by its status") {
  CHECK(exit_status(error_code_for_http_status(404)) == ExitStatus::not_found);
  CHECK(exit_status(error_code_for_http_status(401)) == ExitStatus::refused);
  CHECK(exit_status(error_code_for_http_status(403)) == ExitStatus::refused);
  CHECK(exit_status(error_code_for_http_status(409)) == ExitStatus::conflict);
  CHECK(exit_status(error_code_for_http_status(429)) == ExitStatus::rate_limited);
  CHECK(exit_status(error_code_for_http_status(502)) == ExitStatus::unavailable);
  CHECK(exit_status(error_code_for_http_status(507)) == ExitStatus::storage);
}

}  // namespace
}  // namespace mkt
