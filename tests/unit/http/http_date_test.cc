// RFC 9110, section 5.6.7.
#include "common/http/http_date.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("the RFC's example of a date is read") {
  CHECK(format_utc(*parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")) ==
        "1994-11-06T08:49:37.000Z");
  CHECK(format_utc(*parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT")) ==
        "2024-02-29T23:59:59.000Z");
}

TEST_CASE("the obsolete forms and what is no date are refused") {
  for (const char* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                           "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

}  // namespace
}  // namespace mkt
