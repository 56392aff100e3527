// RFC 9110, section 14: ranges; section 13: entity tags.
#include "daemon/http/byte_range.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

using RangeKind = RangeAnswer::Kind;

TEST_CASE("RFC 9110 section 14.1.2: the examples on a representation of 10000 bytes") {
  const struct {
    const char* field;
    RangeKind kind;
    std::uint64_t offset, length;
  } rows[] = {
      {"bytes=0-499", RangeKind::part, 0, 500},
      {"bytes=500-999", RangeKind::part, 500, 500},
      {"bytes=-500", RangeKind::part, 9500, 500},
      {"bytes=9500-", RangeKind::part, 9500, 500},
      {"bytes=9999-9999", RangeKind::part, 9999, 1},
      {"bytes=0-999999", RangeKind::part, 0, 10000},
      {"bytes=-999999", RangeKind::part, 0, 10000},
      {"bytes=10000-", RangeKind::unsatisfiable, 0, 0},
      {"bytes=18446744073709551615-", RangeKind::unsatisfiable, 0, 0},
      {"bytes=-0", RangeKind::unsatisfiable, 0, 0},
      {"", RangeKind::whole, 0, 10000},
      {"bytes=0-0,-1", RangeKind::whole, 0, 10000},
      {"bytes=5-4", RangeKind::whole, 0, 10000},
      {"bytes=-", RangeKind::whole, 0, 10000},
      {"bytes=a-b", RangeKind::whole, 0, 10000},
      {"bytes=99999999999999999999-", RangeKind::whole, 0, 10000},
      {"items=0-1", RangeKind::whole, 0, 10000},
  };
  for (const auto& row : rows) {
    CAPTURE(row.field);
    const RangeAnswer answer = select_range(row.field, 10000);
    CHECK(answer.kind == row.kind);
    CHECK(answer.offset == row.offset);
    CHECK(answer.length == row.length);
  }
}

TEST_CASE("no part of an empty file can be had") {
  CHECK(select_range("bytes=0-", 0).kind == RangeKind::unsatisfiable);
  CHECK(select_range("bytes=-1", 0).kind == RangeKind::unsatisfiable);
}

TEST_CASE("If-None-Match is a list, weak tags match, and a star matches all") {
  CHECK(etag_matches("\"a\"", "\"a\""));
  CHECK(etag_matches("\"b\", W/\"a\"", "\"a\""));
  CHECK(etag_matches("*", "\"a\""));
  CHECK_FALSE(etag_matches("\"b\"", "\"a\""));
  CHECK_FALSE(etag_matches("a", "\"a\""));
  CHECK_FALSE(etag_matches("", "\"a\""));
}

}  // namespace
}  // namespace mkt
