// What is written is read again as it was.
#include "daemon/mirror/firestore_value.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("a document goes to Firestore's types and back") {
  const Json content{{"id", "tool"},
                     {"displayName", "Ein Öl „Zitat“ \n"},
                     {"createdAt", 1767225600123},
                     {"expiresAt", nullptr},
                     {"verified", true},
                     {"size", 9'007'199'254'740'993},
                     {"keys", {{{"keyId", "a"}, {"createdAt", 0}}, {{"keyId", "b"}}}},
                     {"none", Json::array()},
                     {"ratio", 0.25},
                     {"map", {{"at", 5}}}};
  const Json fields = to_firestore_fields(content);
  CHECK(fields["createdAt"] == Json{{"timestampValue", "2026-01-01T00:00:00.123Z"}});
  CHECK(fields["size"] == Json{{"integerValue", "9007199254740993"}});
  CHECK(fields["verified"] == Json{{"booleanValue", true}});
  CHECK(fields["expiresAt"] == Json{{"nullValue", nullptr}});
  CHECK(fields["id"] == Json{{"stringValue", "tool"}});
  const auto back = from_firestore_fields(fields);
  REQUIRE(back);
  CHECK(*back == content);
}

TEST_CASE("an empty list comes back without values, an empty map without fields") {
  const auto back = from_firestore_fields(
      {{"list", {{"arrayValue", Json::object()}}}, {"map", {{"mapValue", Json::object()}}}});
  REQUIRE(back);
  CHECK(*back == Json{{"list", Json::array()}, {"map", Json::object()}});
}

TEST_CASE("in what others wrote no name means a moment, and a number may be of any size") {
  const Json value = to_firestore_value({{"createdAt", 5}, {"large", 18'446'744'073'709'551'615U}});
  CHECK(value["mapValue"]["fields"]["createdAt"] == Json{{"integerValue", "5"}});
  CHECK(value["mapValue"]["fields"]["large"].contains("doubleValue"));
}

TEST_CASE("what mktd never writes is refused") {
  for (const Json& value : {Json{{"bytesValue", "AA=="}}, Json{{"integerValue", "1x"}},
                            Json{{"integerValue", 1}}, Json{{"timestampValue", "yesterday"}},
                            Json{{"stringValue", "a"}, {"integerValue", "1"}}, Json("text")}) {
    CAPTURE(dump_json(value));
    CHECK_FALSE(from_firestore_fields({{"x", value}}));
  }
}

}  // namespace
}  // namespace mkt
