// Filling in one member and leaving every other byte as the author wrote it.
#include "common/connector/manifest_checksum.h"

#include <doctest/doctest.h>

#include "common/base/encoding.h"
#include "common/base/json.h"

namespace mkt {
namespace {

const Checksum kRight = Checksum::of(as_bytes("right"));
const std::string kWrong = Checksum::of(as_bytes("wrong")).text();

std::string filled(const std::string& text) { return with_entrypoint_checksum(text, kRight); }

TEST_CASE("a checksum is put behind the last member, laid out as the first is") {
  const std::string member = "\"checksum\": \"" + kRight.text() + "\"";
  CHECK(filled("{\n  \"a\": 1,\n  \"b\": [2]\n}\n") ==
        "{\n  \"a\": 1,\n  \"b\": [2],\n  " + member + "\n}\n");
  CHECK(filled("{\r\n\t\"a\": {}\r\n}") == "{\r\n\t\"a\": {},\r\n\t" + member + "\r\n}");
  CHECK(filled(R"({"a":"}"})") == R"({"a":"}",)" + member + "}");
  CHECK(filled("\xEF\xBB\xBF{ \"a\": 1 }") == "\xEF\xBB\xBF{ \"a\": 1, " + member + " }");
}

TEST_CASE("a checksum that is there is replaced in its place, and nothing else") {
  const auto around = [](const std::string& before, const std::string& behind) {
    CHECK(filled(before + "\"" + kWrong + "\"" + behind) ==
          before + "\"" + kRight.text() + "\"" + behind);
  };
  around("{\"checksum\":", "}");
  around("{\n \"a\": \"checksum\", \"checksum\" \n:\n ", ",\n \"b\": 1}");
  around(R"({"x": {"checksum": "inner"}, "y": ["checksum", {"checksum": 1}], "checksum": )", "}");
  around(R"({"a\"checksum": "\\", "checksum": )", R"(, "z": "checksum"})");
  around(R"({"a": "\"checksum\": \"x\"", "check\u0073um": )", "}");
  CHECK(filled(R"({"checksum": "", "a": 1})") ==
        R"({"checksum": ")" + kRight.text() + R"(", "a": 1})");
}

TEST_CASE("a right checksum leaves the text as it is, and filling twice changes nothing") {
  const std::string right = "{ \"checksum\" : \"" + kRight.text() + "\" }";
  CHECK(filled(right) == right);
  const std::string once = filled(R"({"a": [{"b": "c"}], "d": null})");
  CHECK(filled(once) == once);
}

TEST_CASE("a member of that name inside another object is no checksum") {
  const std::string text = R"({"a": {"checksum": "x"}, "b": ["checksum"], "c": "checksum"})";
  const auto json = parse_json(filled(text), "it");
  REQUIRE(json);
  CHECK((*json)["a"]["checksum"] == "x");
  CHECK((*json)["checksum"] == kRight.text());
}

}  // namespace
}  // namespace mkt
