// --format prints members by name, in fmt's syntax.
#include "cli/terminal/format_template.h"

#include <doctest/doctest.h>

#include "tests/unit/must.h"

namespace mkt {
namespace {

std::string printed(std::string_view text, const Json& document) {
  return must(FormatTemplate::parse(text)).print(document).text;
}

const Json kList = Json::parse(R"({"root": "connectors", "connectors": [
    {"id": "slack", "size": 12, "tools": ["a", "b"], "signature": {"keyId": "acme:1"}},
    {"id": "jira", "size": 3456, "hold": "1.x", "unchanged": true}]})");

TEST_CASE("a template prints a line for each element of the document's only list") {
  CHECK(printed("{id}", kList) == "slack\njira\n");
  CHECK(printed("{id:<6}|{size:>6}|", kList) == "slack |    12|\njira  |  3456|\n");
  CHECK(printed("{root}/{id}", kList) == "connectors/slack\nconnectors/jira\n");
}

TEST_CASE("a document that has all the members itself gives one line") {
  CHECK(printed("in {root}", kList) == "in connectors\n");
  CHECK(printed("{id}@{version}", {{"id", "x"}, {"version", "1.0.0"}}) == "x@1.0.0\n");
}

TEST_CASE("an empty list gives no line") {
  CHECK(printed("{id}", {{"connectors", Json::array()}}).empty());
}

TEST_CASE("members of members, lists of words, and what is missing or null") {
  CHECK(printed("{id} {signature.keyId}.", kList) == "slack acme:1.\njira .\n");
  CHECK(printed("{tools}", {{"tools", {"a", "b"}}}) == "a,b\n");
  CHECK(printed("{a}{b}", {{"a", nullptr}, {"b", {{"c", 1}}}}) == "{\"c\":1}\n");
  CHECK(printed("{yes} {part:.2f}", {{"yes", true}, {"part", 0.5}}) == "true 0.50\n");
}

TEST_CASE("braces and escapes") {
  CHECK(printed("{{{id}}}\\t\\\\\\n", {{"id", "x"}}) == "{x}\t\\\n\n");
}

TEST_CASE("a format that does not fit a value's type prints the value as it is") {
  CHECK(printed("{id:.2f}", {{"id", "x"}}) == "x\n");
}

TEST_CASE("text from elsewhere cannot steer the terminal") {
  CHECK(printed("{id}", {{"id", "a\x1b[2J"}}).find('\x1b') == std::string::npos);
}

TEST_CASE("a name that no row has is told of, one that some have is not") {
  const auto lines = must(FormatTemplate::parse("{id} {hold} {nmae}")).print(kList);
  CHECK(lines.unknown == std::set<std::string>{"nmae"});
}

TEST_CASE("a wrong template says where it is wrong") {
  const std::pair<const char*, const char*> wrong[] = {
      {"{id", "character 1"},    {"ab}", "character 3"},        {"{}", "character 1"},
      {"{a..b}", "character 1"}, {"{id:zz}", "character 4"},    {"{id:{w}}", "character 4"},
      {"\\x", "character 1"},    {"{id:>99999}", "character 4"}};
  for (const auto& [text, where] : wrong) {
    CAPTURE(std::string(text));
    const auto parsed = FormatTemplate::parse(text);
    REQUIRE(!parsed);
    CHECK(parsed.error().code == ErrorCode::usage_error);
    CHECK(parsed.error().message.find(where) != std::string::npos);
  }
}

}  // namespace
}  // namespace mkt
