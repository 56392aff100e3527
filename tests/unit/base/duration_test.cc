#include <doctest/doctest.h>

#include "common/base/duration.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a duration is a number of seconds, or one with a unit") {
  CHECK(parse_duration("500ms")->count() == 500);
  CHECK(parse_duration("30")->count() == 30'000);
  CHECK(parse_duration("30s")->count() == 30'000);
  CHECK(parse_duration("10m")->count() == 600'000);
  CHECK(parse_duration("2h")->count() == 7'200'000);
  CHECK(parse_duration("7d")->count() == 604'800'000);
  for (const char* text : {"", "s", "-1s", "1w", "1.5s", "10 m", "99999999h"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a duration is written in the largest unit that leaves no rest") {
  CHECK(format_duration(milliseconds(0)) == "0s");
  CHECK(format_duration(milliseconds(1500)) == "1500ms");
  CHECK(format_duration(std::chrono::minutes(90)) == "90m");
  CHECK(format_duration(std::chrono::hours(24 * 7)) == "7d");
}

TEST_CASE("what is written is read again as the same") {
  for (const char* text : {"1ms", "30s", "10m", "2h", "7d"}) {
    CAPTURE(text);
    CHECK(format_duration(*parse_duration(text)) == text);
  }
  for (const char* text : {"", "d", "-1s", "1.5h", "1 h", "1w", "1000001d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("where a unit is wanted, a bare number is refused with the units there are") {
  for (const char* text : {"1ms", "30s", "10m", "2h", "7d", "0s", "0"}) {
    CAPTURE(text);
    CHECK(*parse_duration_with_unit(text) == *parse_duration(text));
  }
  const auto bare = parse_duration_with_unit("90");
  REQUIRE_FALSE(bare);
  CHECK(bare.error().message ==
        "90 has no unit; write 90s, 90m, 90h or 90d for as many seconds, minutes, hours or days");
  CHECK_FALSE(parse_duration_with_unit("d"));
}

}  // namespace
}  // namespace mkt
