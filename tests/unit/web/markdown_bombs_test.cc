// The bounds of what is read as Markdown; how long such texts take is tested in markdown_test.cc.
#include "daemon/web/markdown_bombs.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/unit/web/repeated.h"

namespace mkt {
namespace {

// Each line ends with `end`.
std::string lines(std::initializer_list<std::string_view> texts, std::string_view end) {
  std::string all;
  for (const std::string_view text : texts) all.append(text).append(end);
  return all;
}

TEST_CASE("a table below a paragraph of very many lines is none, however its lines end") {
  for (const char* end : {"\n", "\r", "\r\n"}) {
    for (const char* row : {"-|-", "> - |:-:|", "---", "1. |--|"}) {
      CAPTURE(std::string(row));
      const std::string table = lines({"a|b", row, "c|d"}, end);
      const std::string line = lines({"a"}, end);
      CHECK_FALSE(is_table_bomb(repeated(line, 5'000).append(table)));
      CHECK(is_table_bomb(repeated(line, 10'000).append(table)));
      CHECK_FALSE(is_table_bomb(repeated(line, 10'000).append(end).append(table)));
      CHECK_FALSE(is_table_bomb(repeated(lines({"a", ""}, end), 10'000).append(table)));
    }
  }
}

TEST_CASE("many tables below paragraphs count together") {
  const std::string one = repeated("a\n", 2'000) + "-|-\n\n";
  CHECK_FALSE(is_table_bomb(repeated(one, 10)));
  CHECK(is_table_bomb(repeated(one, 14)));
}

TEST_CASE("a table of very many columns is none") {
  CHECK_FALSE(is_table_bomb(repeated("|a", 200) + "\n" + repeated("|-", 200) + "\n"));
  CHECK(is_table_bomb(repeated("|a", 201) + "\n"));
}

TEST_CASE("many rows and many lines are no bomb") {
  CHECK_FALSE(is_table_bomb("a|b\n-|-\n" + repeated("c|d\n", 60'000)));
  CHECK_FALSE(is_table_bomb(repeated("a\n", 100'000)));
  CHECK_FALSE(is_markdown_bomb(repeated("- a\n", 60'000)));
}

TEST_CASE("depth counts by lines, however they end") {
  for (const char* end : {"\n", "\r", "\r\n"}) {
    const std::string deep = repeated("> ", 100).append(end);
    const std::string line = lines({"a"}, end);
    CHECK_FALSE(is_markdown_bomb(std::string(deep).append(repeated(line, 13'000))));
    CHECK(is_markdown_bomb(std::string(deep).append(repeated(line, 14'000))));
  }
}

}  // namespace
}  // namespace mkt
