// Hex and base64 against RFC 4648's vectors.
#include "common/base/encoding.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("base64 and hex are RFC 4648's, section 10") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    CHECK(to_base64(as_bytes(plain)) == encoded);
    REQUIRE(from_base64(encoded));
    CHECK(as_text(*from_base64(encoded)) == plain);
  }
  CHECK(to_hex(as_bytes("foobar")) == "666f6f626172");
  CHECK(as_text(*from_hex("666f6f626172")) == "foobar");
}

TEST_CASE("base64 with wrong padding, blanks or another alphabet is refused") {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zg== ", " Zg==", "Z g==", "Zm9v\n", "Zh==", "Zm8",
                           "-_==", "Zg==Zg==", "=", "===="}) {
    CAPTURE(std::string(text));
    CHECK(!from_base64(text));
  }
}

TEST_CASE("hex is lower-case digits in pairs") {
  for (const char* text : {"0", "0g", "AB", "aB", "a b", "0x00", "00:00"}) {
    CAPTURE(std::string(text));
    CHECK(!from_hex(text));
  }
}

TEST_CASE("random hex is as long as asked and never the same") {
  CHECK(random_hex(16).size() == 32);
  CHECK(random_hex(16) != random_hex(16));
}

TEST_CASE("of nothing there is nothing, not an error") {
  CHECK(from_hex(std::string_view())->empty());
  CHECK(from_base64(std::string_view())->empty());
}

}  // namespace
}  // namespace mkt
