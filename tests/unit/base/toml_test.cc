// Settings in TOML. What is valid and what is not comes from toml.io/en/v1.0.0.
#include "common/base/toml.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

using Values = std::vector<std::string>;

TEST_CASE("settings, tables and lists are read as they are written") {
  const auto read = read_toml(
      "# a comment\n"
      "registry = \"https://a.example\" # another\n"
      "'quoted name' = 'C:\\path'\r\n"
      "\tmax_entries = 20_000\n"
      "on = true\n"
      "ratio = -1.5e3\n"
      "list = [\n  \"a\", # one\n  'b',\n]\n"
      "empty = []\n"
      "\n[limits]\nsearch = \"3/1h\"\n"
      "[[limit]]\naddress = \"127.0.0.0/8\"\n"
      "[[limit]]\naddress = \"10.0.0.0/8\"\nfirestore.prefix = \"x\"",
      "a.conf");
  REQUIRE_MESSAGE(read, read.error().message);
  REQUIRE(read->size() == 14);
  CHECK((*read)[0].path() == "registry");
  CHECK((*read)[0].values == Values{"https://a.example"});
  CHECK((*read)[0].line == 2);
  CHECK((*read)[1].name == "quoted name");
  CHECK((*read)[1].values == Values{"C:\\path"});
  CHECK((*read)[2].values == Values{"20000"});
  CHECK((*read)[3].values == Values{"true"});
  CHECK((*read)[4].values == Values{"-1.5e3"});
  CHECK((*read)[5].values == Values{"a", "b"});
  CHECK((*read)[5].is_array);
  CHECK((*read)[6].values.empty());
  CHECK((*read)[7].is_heading());
  CHECK((*read)[7].path() == "limits");
  CHECK((*read)[8].path() == "limits.search");
  CHECK((*read)[8].line == 14);
  CHECK((*read)[11].is_heading());
  CHECK((*read)[11].is_array);
  CHECK((*read)[12].path() == "limit.address");
  CHECK((*read)[13].path() == "limit.firestore.prefix");
}

TEST_CASE("escapes mean what TOML says") {
  const auto read = read_toml(R"(a = "\t\"\\\u00e9\U0001F600")", "a.conf");
  REQUIRE(read);
  CHECK((*read)[0].values[0] == "\t\"\\\xC3\xA9\xF0\x9F\x98\x80");
}

TEST_CASE("what is no TOML is refused with its line") {
  for (const char* wrong : {"level",
                            "level = ",
                            "level = info",
                            "level info",
                            "= 1",
                            "level = \"info",
                            "level = 'info",
                            "level = \"info\" x",
                            "level = [1, 2",
                            "level = [1 2]",
                            "level = 01",
                            "level = 1__0",
                            "level = _1",
                            "level = 1_",
                            "level = .5",
                            "level = 1.",
                            "level = +",
                            "level = TRUE",
                            "[level",
                            "[level]]",
                            "[]",
                            "[[level]",
                            "[a] x = 1",
                            "level = \"\\q\"",
                            "level = \"\\ud800\"",
                            "level = \"a\x01\"",
                            "level = 2026-01-31",
                            "level = {a = 1}",
                            "level = [[1]]",
                            "level = \"\"\"a\"\"\"",
                            "a..b = 1",
                            "\"\" = 1",
                            "level == 1",
                            "level: info",
                            "level = info # x"}) {
    CAPTURE(wrong);
    const auto read = read_toml("first = 1\n\n" + std::string(wrong) + "\n", "some.conf");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::usage_error);
    CHECK(read.error().message.starts_with("some.conf:3: "));
  }
  CHECK_FALSE(read_toml("a = \"\xFF\"", "some.conf"));
}

TEST_CASE("a setting that is there twice is refused, but not one of each table of a list") {
  CHECK(read_toml("a = 1\nb = 2\na = 3\n", "x").error().message.starts_with("x:3: "));
  CHECK(read_toml("[t]\na = 1\n[t]\nb = 1\n", "x").error().message.starts_with("x:3: "));
  CHECK_FALSE(read_toml("[t]\na = 1\na = 1\n", "x"));
  CHECK_FALSE(read_toml("[[t]]\na = 1\n[[t]]\na = 1\na = 1\n", "x"));
  CHECK(read_toml("[[t]]\na = 1\n[[t]]\na = 1\n", "x"));
  CHECK(read_toml("a = 1\n[t]\na = 1\n", "x"));
}

TEST_CASE("however it is cut, it is read or refused, never more") {
  const std::string whole = "a = [\"x\\u00e9\", 1]\n[[t]]\nb.c = '\\'\n";
  for (std::size_t i = 0; i <= whole.size(); ++i) (void)read_toml(whole.substr(0, i), "x");
}

}  // namespace
}  // namespace mkt
