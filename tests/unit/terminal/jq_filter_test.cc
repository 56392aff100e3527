// --jq prints what jq makes of a document; the expectations are those of jq(1).
#include "cli/terminal/jq_filter.h"

#include <doctest/doctest.h>

#include "tests/unit/must.h"

namespace mkt {
namespace {

const Json kInstalled = Json::parse(R"({"connectors": [
    {"id": "slack", "size": 12345678901, "tags": ["a"]}, {"id": "jira", "size": 2, "tags": []}]})");

TEST_CASE("each result is a line, text without quotes, the rest as compact JSON") {
  const JqFilter filter = must(JqFilter::compile(".connectors[] | .id, .size, .tags"));
  CHECK(must(filter.print(kInstalled)) == "slack\n12345678901\n[\"a\"]\njira\n2\n[]\n");
  CHECK(must(filter.print({{"connectors", Json::array()}})).empty());
}

TEST_CASE("text of several lines stays so, but cannot steer the terminal") {
  const JqFilter filter = must(JqFilter::compile(R"(["a\u001b[2J", "b"] | @tsv, .[1] + "\n")"));
  const std::string text = must(filter.print(kInstalled));
  CHECK(text.find('\t') != std::string::npos);
  CHECK(text.ends_with("b\n\n"));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("a NUL ends no text") {
  const JqFilter filter = must(JqFilter::compile(R"("a\u0000b", ["a\u0000b"])"));
  CHECK(must(filter.print(kInstalled)) == "a?b\n[\"a\\u0000b\"]\n");
}

TEST_CASE("no control character is in a list or an object, and JSON reads the same from it") {
  const Json steering = {{"a", "x\u009b2J\u007f\u2028\u202e caf\u00e9\n"}};
  const std::string line = must(must(JqFilter::compile(".")).print(steering));
  CHECK(line == R"({"a":"x\u009b2J\u007f\u2028\u202e caf)"
                "\u00e9"
                R"(\n"})"
                "\n");
  CHECK(Json::parse(line) == steering);
}

TEST_CASE("halt ends quietly, with what was printed before") {
  CHECK(must(must(JqFilter::compile("1, halt, 2")).print(kInstalled)) == "1\n");
  CHECK(must(must(JqFilter::compile("halt")).print(kInstalled)).empty());
}

TEST_CASE("halt_error is an error that says what it was given") {
  const auto said = [](const char* expression) {
    const auto lines = must(JqFilter::compile(expression)).print(kInstalled);
    REQUIRE(!lines);
    CHECK(lines.error().code == ErrorCode::invalid_json);
    return lines.error().message;
  };
  CHECK(said(R"(1, ("none is new\n" | halt_error), 2)") == "--jq: none is new");
  CHECK(said(R"({a: 1} | halt_error)") == R"(--jq: {"a":1})");
  CHECK(said(R"("a\u0000b" | halt_error(0))") == "--jq: a?b");
  CHECK(said("null | halt_error") == "--jq: null");
}

TEST_CASE("a wrong expression is wrong usage, in jq's words") {
  const auto filter = JqFilter::compile(".[");
  REQUIRE(!filter);
  CHECK(filter.error().code == ErrorCode::usage_error);
  CHECK(filter.error().message.find("syntax error") != std::string::npos);
}

TEST_CASE("an expression that imports a module is wrong usage") {
  for (const char* expression :
       {R"(import "a" as a; 1)", R"(include "a"; 1)", R"(import "a" as $a; $a)",
        R"(import "a" as a {search: "./"}; 1)", R"(include "a" {search: "$ORIGIN/x"}; 1)"}) {
    CAPTURE(expression);
    const auto filter = JqFilter::compile(expression);
    REQUIRE(!filter);
    CHECK(filter.error().code == ErrorCode::usage_error);
    CHECK(filter.error().message.find("module not found: a") != std::string::npos);
  }
  CHECK(!must(JqFilter::compile(R"("a" | modulemeta)")).print(kInstalled));
}

TEST_CASE("an expression that does not fit the document says so") {
  const auto lines = must(JqFilter::compile(".connectors.id")).print(kInstalled);
  REQUIRE(!lines);
  CHECK(lines.error().message.find("Cannot index array") != std::string::npos);
}

}  // namespace
}  // namespace mkt
