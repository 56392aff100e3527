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
