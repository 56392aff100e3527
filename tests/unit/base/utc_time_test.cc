// Times on the wire: RFC 3339.
#include "common/base/utc_time.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("a time survives being written and read") {
  for (const std::int64_t ms : {std::int64_t{0}, std::int64_t{1'700'000'000'123},
                                std::int64_t{951'782'400'000}, std::int64_t{-1}}) {
    const UtcTime time = from_unix_ms(ms);
    REQUIRE(parse_utc(format_utc(time)));
    CHECK(*parse_utc(format_utc(time)) == time);
  }
  CHECK(format_utc(from_unix_ms(951'782'400'000)) == "2000-02-29T00:00:00.000Z");
}

TEST_CASE("offsets and fractions of RFC 3339 are understood") {
  CHECK(format_utc(*parse_utc("1985-04-12T23:20:50.52Z")) == "1985-04-12T23:20:50.520Z");
  CHECK(format_utc(*parse_utc("1996-12-19T16:39:57-08:00")) == "1996-12-20T00:39:57.000Z");
  CHECK(format_utc(*parse_utc("1937-01-01T12:00:27.87+00:20")) == "1937-01-01T11:40:27.870Z");
  CHECK(format_utc(*parse_utc("2026-01-31T12:00:00.123456789Z")) == "2026-01-31T12:00:00.123Z");
}

TEST_CASE("what is no time is refused") {
  for (const char* text :
       {"", "2026", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:60Z",
        "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00.1234567890Z", "2026-01-31T12:00:00Zx",
        "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00+1:00", "x026-01-31T12:00:00Z"}) {
    CAPTURE(std::string(text));
    CHECK(!parse_utc(text));
  }
}

}  // namespace
}  // namespace mkt
