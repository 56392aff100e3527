// What differs between two texts. The expectations are diff(1)'s.
#include "daemon/web/line_diff.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

namespace mkt {
namespace {

std::string patch_of(std::string_view before, std::string_view now, std::size_t context = 1) {
  const auto lines = diff_lines(before, now, context);
  if (!lines) return "too much";
  std::string text;
  for (const DiffLine& line : *lines) {
    switch (line.kind) {
      case DiffLine::Kind::same:
        text += " ";
        break;
      case DiffLine::Kind::removed:
        text += "-";
        break;
      case DiffLine::Kind::added:
        text += "+";
        break;
      case DiffLine::Kind::skipped:
        text += "@";
    }
    text += std::string(line.text) + "\n";
  }
  return text;
}

TEST_CASE("lines are removed, added and kept") {
  CHECK(patch_of("a\nb\nc\n", "a\nx\nc\n") == " a\n-b\n+x\n c\n");
  CHECK(patch_of("", "a\nb\n") == "+a\n+b\n");
  CHECK(patch_of("a\nb\n", "") == "-a\n-b\n");
  CHECK(patch_of("a\n", "a\n") == "@\n");
  CHECK(patch_of("", "").empty());
  CHECK(patch_of("1\n2\n3\n4\n5\n6\n", "1\n2\n3\nx\n4\n5\n6\n") == "@\n 3\n+x\n 4\n@\n");
}

TEST_CASE("a patch makes the newer text of the older one, and is never longer than it must") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string before;
    std::string now;
    const auto some = [&](std::string& text) {
      for (auto i = random() % 12; i > 0; --i)
        text += std::string(1, "abc"[random() % 3]) + "\n";
    };
    some(before);
    some(now);
    const auto lines = diff_lines(before, now, 100);
    REQUIRE(lines);
    std::string old_again;
    std::string new_again;
    std::size_t same = 0;
    for (const DiffLine& line : *lines) {
      const std::string text = std::string(line.text) + "\n";
      if (line.kind != DiffLine::Kind::added) old_again += text;
      if (line.kind != DiffLine::Kind::removed) new_again += text;
      if (line.kind == DiffLine::Kind::same) ++same;
    }
    if (before == now) continue;  // one line stands for all
    CHECK(old_again == before);
    CHECK(new_again == now);
    // The longest common subsequence, by the table.
    std::vector<std::vector<std::size_t>> table(before.size() / 2 + 1,
                                                std::vector<std::size_t>(now.size() / 2 + 1, 0));
    for (std::size_t i = 1; i < table.size(); ++i) {
      for (std::size_t j = 1; j < table[i].size(); ++j) {
        table[i][j] = before[2 * (i - 1)] == now[2 * (j - 1)]
                          ? table[i - 1][j - 1] + 1
                          : std::max(table[i - 1][j], table[i][j - 1]);
      }
    }
    CHECK(same == table.back().back());
  }
}

TEST_CASE("what would take long is not compared") {
  std::string before;
  std::string now;
  for (int i = 0; i < kMaxDiffEdits; ++i) {
    before += "a" + std::to_string(i) + "\n";
    now += "b" + std::to_string(i) + "\n";
  }
  CHECK(patch_of(before, now) == "too much");
  std::string many;
  for (std::size_t i = 0; i <= kMaxDiffLines; ++i) many += "\n";
  CHECK(patch_of(many, many) == "too much");
}

}  // namespace
}  // namespace mkt
