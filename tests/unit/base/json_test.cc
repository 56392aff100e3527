// JSON read strictly: beyond RFC 8259, nothing that two readers could take two ways.
#include "common/base/json.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

bool valid(std::string_view text) { return static_cast<bool>(parse_json(text, "it")); }

TEST_CASE("JSON of RFC 8259 is read") {
  for (const char* text :
       {"{}", "[]", "0", "-0", "1e5", "1.5E-3", "\"\"", "\"\\u00e9\\ud83d\\ude00\"", "null", "true",
        " { \"a\" : [ 1 , 2 ] } ", "{\"\":0}", "18446744073709551615", "-9223372036854775808"}) {
    CAPTURE(std::string(text));
    CHECK(valid(text));
  }
}

TEST_CASE("what is not JSON, or JSON that could be read in two ways, is refused") {
  for (const std::string_view text : {std::string_view(""),
                                      std::string_view(" "),
                                      std::string_view("{"),
                                      std::string_view("}"),
                                      std::string_view("[1,]"),
                                      std::string_view("{\"a\":1,}"),
                                      std::string_view("{a:1}"),
                                      std::string_view("{'a':1}"),
                                      std::string_view("01"),
                                      std::string_view("+1"),
                                      std::string_view("1."),
                                      std::string_view(".5"),
                                      std::string_view("0x1"),
                                      std::string_view("NaN"),
                                      std::string_view("Infinity"),
                                      std::string_view("-"),
                                      std::string_view("1e999"),
                                      std::string_view("\"\t\""),
                                      std::string_view("\"\\x\""),
                                      std::string_view("\"\\ud800\""),
                                      std::string_view("\"\xff\""),
                                      std::string_view("\"\xc0\x80\""),
                                      std::string_view("\xef\xbb\xbf{}x"),
                                      std::string_view("{} {}"),
                                      std::string_view("[] x"),
                                      std::string_view("// x\n{}"),
                                      std::string_view("\"a\0b\"", 5),
                                      std::string_view("{}\0", 3),
                                      std::string_view("{\"a\":1,\"a\":2}"),
                                      std::string_view("{\"a\":{\"b\":1,\"\\u0062\":2}}")}) {
    CAPTURE(std::string(text));
    CHECK(!valid(text));
  }
}

TEST_CASE("nesting and members are bounded") {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  CHECK(valid(nested(kMaxJsonDepth)));
  CHECK(!valid(nested(kMaxJsonDepth + 1)));
  CHECK(!valid(std::string(1'000'000, '[')));
  std::string many = "{";
  for (std::size_t i = 0; i <= kMaxJsonMembers; ++i) many += "\"" + std::to_string(i) + "\":0,";
  many.back() = '}';
  CHECK(!valid(many));
}

TEST_CASE("values are bounded") {
  const auto zeros = [](std::size_t count) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) text += "0,";
    text.back() = ']';
    return text;
  };
  CHECK(valid(zeros(kMaxJsonValues - 1)));  // the array is one, too
  CHECK(!valid(zeros(kMaxJsonValues)));
}

TEST_CASE("every value keeps its place, however many there are around it") {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) {
    text +=
        "\"m" + std::to_string(i) + "\":[{\"a\":" + std::to_string(i) + ",\"b\":[[],{}]},\"x\"],";
  }
  text += "\"last\":null}";
  const auto json = parse_json(text, "it");
  REQUIRE(json);
  CHECK(dump_json(*json) == text);
  CHECK((*json)["m77"][0]["a"] == 77);
}

TEST_CASE("who knows of large objects may allow more members") {
  std::string text = "{";
  for (std::size_t i = 0; i <= kMaxJsonMembers; ++i) text += "\"" + std::to_string(i) + "\":0,";
  text.back() = '}';
  CHECK_FALSE(parse_json(text, "it"));
  CHECK(parse_json(text, "it", kMaxJsonMembers + 1));
  CHECK_FALSE(parse_json("{\"a\":0,\"b\":0}", "it", 1));
}

TEST_CASE("no text takes long: many containers in one, and many members") {
  const auto filled = [](std::string_view part, std::size_t count, std::string_view begin,
                         std::string_view end) {
    std::string text(begin);
    for (std::size_t i = 0; i < count; ++i) text += part;
    text.back() = ' ';
    return text.append(end);
  };
  std::string members = "{";
  for (std::size_t i = 0; i < kMaxJsonMembers; ++i) members += "\"" + std::to_string(i) + "\":0,";
  members.back() = '}';
  members += ",";
  // With quadratic time each would take minutes.
  CHECK(valid(filled("{},", 400'000, "[", "]")));
  CHECK(valid(filled("[],", 400'000, "[", "]")));
  CHECK(valid(filled("{\"\":{}},", 300'000, "[", "]")));
  CHECK(valid(filled("[{}],", 300'000, "{\"x\":[", "]}")));
  CHECK(valid(filled(members, 240, "[", "]")));
}

TEST_CASE("an error says of what and where") {
  const auto json = parse_json("{\"a\":}", "the manifest");
  REQUIRE(!json);
  CHECK(json.error().code == ErrorCode::invalid_json);
  CHECK(json.error().message == "the manifest is not valid JSON (at byte 6)");
  CHECK(parse_json("[1e999]", "it").error().message == "it has a number that is out of range");
  CHECK(parse_json("{\"a\":1,\"a\":1}", "it").error().message ==
        "it: the name \"a\" appears twice in one object");
}

TEST_CASE("dumping replaces what is not UTF-8 and never throws") {
  CHECK(dump_json(Json("\xff")) == "\"\ufffd\"");
}

}  // namespace
}  // namespace mkt
