// What people may type for a point in time.
#include "cli/client/moments.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/unit/must.h"

namespace mkt {
namespace {

TEST_CASE("a moment is a time, a day, or how long ago") {
  const UtcTime now = *parse_utc("2026-03-10T12:00:00Z");
  CHECK(format_utc(*parse_moment("2026-01-31T01:00:00+01:00", now)) == "2026-01-31T00:00:00.000Z");
  CHECK(format_utc(*parse_moment("2026-01-31", now)) == "2026-01-31T00:00:00.000Z");
  CHECK(format_utc(*parse_moment("36h", now)) == "2026-03-09T00:00:00.000Z");
  CHECK(parse_moment("2026-02-30", now).error().code == ErrorCode::usage_error);
  CHECK(parse_moment("yesterday", now).error().code == ErrorCode::usage_error);
}

TEST_CASE("an expiry is a time, the start of a day in UTC, or how long from now") {
  const UtcTime now = *parse_utc("2026-11-28T12:00:00Z");
  CHECK(must(parse_expiry("2027-01-01", now)) == *parse_utc("2027-01-01T00:00:00Z"));
  CHECK(must(parse_expiry("2027-01-01T08:30:00+01:00", now)) == *parse_utc("2027-01-01T07:30:00Z"));
  CHECK(must(parse_expiry("90d", now)) == now + std::chrono::hours(90 * 24));
  CHECK(must(parse_expiry("12h", now)) == now + std::chrono::hours(12));
}

TEST_CASE("an expiry that is not after now, or no time at all, is wrong usage") {
  const UtcTime now = *parse_utc("2026-11-28T12:00:00Z");
  for (const char* text : {"2026-11-28", "2026-11-28T12:00:00Z", "2020-01-01", "0s", "", "soon",
                           "2027-13-01", "2027-01", "90 d", "-1d"}) {
    CAPTURE(std::string(text));
    const auto end = parse_expiry(text, now);
    REQUIRE(!end);
    CHECK(end.error().code == ErrorCode::usage_error);
  }
}

}  // namespace
}  // namespace mkt
