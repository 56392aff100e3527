#include "daemon/web/markdown_bombs.h"

#include <algorithm>
#include <cstdint>

namespace mkt {
namespace {

constexpr std::size_t kMaxBrackets = 20'000;
// Each is looked for an end of, maybe to the end of the text.
constexpr std::size_t kMaxHtmlBegins = 500;
constexpr std::size_t kMaxEmphasisRuns = 30'000;
constexpr std::size_t kMaxMarkersOfLine = 200;
// For each line the library walks the quotes and items of lists that are open, and items stay open
// over empty lines: some 50 ms for as many steps.
constexpr std::size_t kMaxSteps = 2'000'000;
constexpr std::size_t kColumnsOfTab = 4;
constexpr std::size_t kColumnsOfItem = 2;  // the least that its lines begin with

constexpr std::size_t kMaxPipesOfLine = 200;
// A row gets all the columns of its table, however short it is.
constexpr std::size_t kMaxCells = 200'000;
// Where a table may begin, the library goes through the paragraph so far, line by line, and for
// each line through the ones before: some 50 ms for as many.
constexpr std::uint64_t kMaxPairsOfLines = 50'000'000;

bool is_any_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// CommonMark 2.1: a line ends with a line feed, a carriage return, or both.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  const std::size_t end_size = text.substr(end).starts_with("\r\n") ? 2 : 1;
  text.remove_prefix(std::min(end + end_size, text.size()));
  return line;
}

// How deep in quotes and lists a line can be, by what it begins with: their markers, and blanks
// that go on with an item.
struct LineDepth {
  std::size_t markers = 0;
  std::size_t columns = 0;

  std::size_t most() const { return markers + columns / kColumnsOfItem; }
};

LineDepth depth_of(std::string_view line) {
  const auto is_blank = [&](std::size_t i) {
    return i >= line.size() || is_any_of(line[i], " \t");
  };
  LineDepth depth;
  std::size_t i = 0;
  while (i < line.size()) {
    const std::size_t digits = std::min(line.find_first_not_of("0123456789", i), line.size()) - i;
    if (is_blank(i)) {
      depth.columns += line[i] == '\t' ? kColumnsOfTab : 1;
    } else if (line[i] == '>' || (is_any_of(line[i], "-+*") && is_blank(i + 1))) {
      ++depth.markers;
    } else if (digits > 0 && i + digits < line.size() && is_any_of(line[i + digits], ".)") &&
               is_blank(i + digits + 1)) {
      ++depth.markers;
      i += digits;
    } else {
      break;
    }
    ++i;
  }
  return depth;
}

// Characters of the one set that one of the other follows.
std::size_t count_pairs(std::string_view text, std::string_view first, std::string_view then) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (is_any_of(text[i], first) && is_any_of(text[i + 1], then)) ++count;
  }
  return count;
}

std::size_t emphasis_runs(std::string_view text) {
  std::size_t runs = 0;
  char before = '\0';
  for (const char c : text) {
    if (c != before && is_any_of(c, "*_~")) ++runs;
    before = c;
  }
  return runs;
}

// The row below a table's header, maybe in quotes and lists.
bool may_be_delimiters(std::string_view line) {
  return line.find_first_not_of("|:- \t\v\f>+*0123456789.)") == std::string_view::npos &&
         line.find('-') != std::string_view::npos;
}

}  // namespace

bool is_markdown_bomb(std::string_view text) {
  const auto brackets =
      std::count_if(text.begin(), text.end(), [](char c) { return is_any_of(c, "[]<"); });
  if (static_cast<std::size_t>(brackets) > kMaxBrackets) return true;
  if (count_pairs(text, "<", "?!") > kMaxHtmlBegins) return true;
  if (emphasis_runs(text) > kMaxEmphasisRuns) return true;
  std::size_t deepest = 0, lines = 0;
  while (!text.empty()) {
    const LineDepth depth = depth_of(take_line(text));
    if (depth.markers > kMaxMarkersOfLine) return true;
    deepest = std::max(deepest, depth.most());
    ++lines;
  }
  return deepest * lines > kMaxSteps;
}

bool is_table_bomb(std::string_view text) {
  std::uint64_t pairs = 0, lines_of_paragraph = 0;
  std::size_t cells = 0, most_pipes = 0;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const auto pipes = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
    if (pipes > kMaxPipesOfLine) return true;
    if (lines_of_paragraph == 0) most_pipes = 0;
    most_pipes = std::max(most_pipes, pipes);
    if (most_pipes > 0) cells += most_pipes + 1;
    if (cells > kMaxCells) return true;
    if (may_be_delimiters(line)) pairs += lines_of_paragraph * lines_of_paragraph;
    if (pairs > kMaxPairsOfLines) return true;
    const bool blank = line.find_first_not_of(" \t") == std::string_view::npos;
    lines_of_paragraph = blank ? 0 : lines_of_paragraph + 1;
  }
  return false;
}

}  // namespace mkt
