// The text format is described under COPY in PostgreSQL's manual.
#include "daemon/store/moving/moved_row.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/encoding.h"

namespace mkt {
namespace {

// What is written as a backslash and a letter.
constexpr auto kEscapes = std::to_array<std::pair<char, char>>({
    {'\b', 'b'},
    {'\f', 'f'},
    {'\n', 'n'},
    {'\r', 'r'},
    {'\t', 't'},
    {'\v', 'v'},
    {'\\', '\\'},
});

void append_escaped(std::string& line, std::string_view value) {
  for (const char c : value) {
    const auto* const found = std::find_if(kEscapes.begin(), kEscapes.end(),
                                           [c](const auto& escape) { return escape.first == c; });
    if (found == kEscapes.end()) {
      line += c;
    } else {
      line += '\\';
      line += found->second;
    }
  }
}

Result<std::string> unescaped(std::string_view text) {
  std::string value;
  value.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      value += text[i];
      continue;
    }
    const char letter = ++i < text.size() ? text[i] : '\0';
    const auto* const found =
        std::find_if(kEscapes.begin(), kEscapes.end(),
                     [letter](const auto& escape) { return escape.second == letter; });
    if (found == kEscapes.end()) {
      return Error(ErrorCode::data_damaged, "a row from PostgreSQL has an unknown escape");
    }
    value += found->first;
  }
  return value;
}

}  // namespace

std::string line_of(const MovedRow& row) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) line += '\t';
    if (row[i]) {
      append_escaped(line, *row[i]);
    } else {
      line += "\\N";
    }
  }
  line += '\n';
  return line;
}

Result<MovedRow> row_of_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  MovedRow row;
  for (std::size_t begin = 0;;) {
    const std::size_t tab = line.find('\t', begin);
    const std::string_view text = line.substr(begin, tab - begin);
    if (text == "\\N") {
      row.emplace_back(std::nullopt);
    } else {
      MKT_TRY(std::string value, unescaped(text));
      row.emplace_back(std::move(value));
    }
    if (tab == std::string_view::npos) return row;
    begin = tab + 1;
  }
}

void TableHasher::add(const MovedRow& row) {
  hasher_.update(as_bytes(line_of(row)));
  ++rows_;
}

}  // namespace mkt
