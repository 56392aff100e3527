// Text of protocols: ASCII alone has case, and a number is digits from end to end.
#include "common/base/text.h"

#include <doctest/doctest.h>

#include <cstdint>

namespace mkt {
namespace {

TEST_CASE("letters of ASCII lose their case, and no other byte changes") {
  CHECK(lower_case("Content-LENGTH: 5") == "content-length: 5");
  CHECK(lower_case("@[`{") == "@[`{");  // the neighbours of A, Z, a and z
  CHECK(lower_case("\xc3\x84") == "\xc3\x84");
  CHECK(lower_case(std::string_view("A\0B", 3)) == std::string_view("a\0b", 3));
}

TEST_CASE("blanks go at the ends, not within") {
  CHECK(trim("  a b\t\r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim(" \t ").empty());
  CHECK(trim("").empty());
  CHECK(trim("\ta ", " ") == "\ta");
}

TEST_CASE("a whole number is digits alone, and one that fits") {
  CHECK(parse_whole<std::uint64_t>("0") == 0);
  CHECK(parse_whole<std::uint64_t>("18446744073709551615") == UINT64_MAX);
  CHECK(parse_whole<std::uint8_t>("255") == 255);
  CHECK(parse_whole<std::uint8_t>("fF", 16) == 255);
  CHECK(parse_whole<std::uint32_t>("007") == 7);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x10", "12a", "256"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_whole<std::uint8_t>(text));
  }
}

}  // namespace
}  // namespace mkt
