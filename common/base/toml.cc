// Reads settings from TOML 1.0 (https://toml.io/en/v1.0.0).
#include "common/base/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kShown = 60;

bool is_bare(char c) {
  return is_ascii_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-';
}

// The number in a word such as "1_000", "-3", "0x1f" or "1.5e3", without the underscores.
std::optional<std::string> number_in(std::string_view word) {
  std::string digits;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '_') {
      digits += word[i];
      continue;
    }
    // An underscore may only stand between digits.
    if (i == 0 || i + 1 == word.size() || !is_ascii_digit(word[i - 1]) ||
        !is_ascii_digit(word[i + 1])) {
      return std::nullopt;
    }
  }
  std::string_view rest = digits;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
  const auto take_digits = [&rest] {
    std::size_t n = 0;
    while (n < rest.size() && is_ascii_digit(rest[n])) ++n;
    rest.remove_prefix(n);
    return n;
  };
  const bool leading_zero = rest.size() > 1 && rest[0] == '0' && is_ascii_digit(rest[1]);
  if (take_digits() == 0 || leading_zero) return std::nullopt;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    if (take_digits() == 0) return std::nullopt;
  }
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
    if (take_digits() == 0) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return digits.starts_with('+') ? digits.substr(1) : digits;
}

void append_utf8(std::string& text, std::uint32_t point) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xC0 | (point >> 6));
    add(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    add(0xE0 | (point >> 12));
    add(0x80 | ((point >> 6) & 0x3F));
    add(0x80 | (point & 0x3F));
  } else {
    add(0xF0 | (point >> 18));
    add(0x80 | ((point >> 12) & 0x3F));
    add(0x80 | ((point >> 6) & 0x3F));
    add(0x80 | (point & 0x3F));
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Result<std::vector<TomlSetting>> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // the byte order mark that some editors write
    while (true) {
      skip_blank_lines();
      if (at_ >= text_.size()) return std::move(settings_);
      if (text_[at_] == '[') {
        MKT_CHECK(read_table());
      } else {
        MKT_CHECK(read_setting());
      }
      MKT_CHECK(expect_end_of_line());
    }
  }

 private:
  Error wrong(std::string_view what) const { return toml_error(file_, line_, what); }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  bool at_end_of_line() const {
    return at_ >= text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n";
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  void skip_comment() {
    if (peek() != '#') return;
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }
  void skip_blank_lines() {
    while (true) {
      skip_blanks();
      skip_comment();
      if (text_.substr(at_, 2) == "\r\n") ++at_;
      if (at_ >= text_.size() || text_[at_] != '\n') return;
      ++at_;
      ++line_;
    }
  }
  std::string rest_of_line() const {
    const std::string_view rest = text_.substr(at_, text_.substr(at_).find('\n'));
    return printable(rest.substr(0, kShown));
  }

  Status expect_end_of_line() {
    skip_blanks();
    skip_comment();
    if (at_end_of_line()) return {};
    return wrong(fmt::format("\"{}\" is left over", rest_of_line()));
  }

  Result<std::string> read_name() {
    if (peek() == '"' || peek() == '\'') {
      MKT_TRY(std::string quoted, read_string());
      if (quoted.empty()) return wrong("a name must not be empty");
      return quoted;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_bare(text_[at_])) ++at_;
    if (at_ > begin) return std::string(text_.substr(begin, at_ - begin));
    return wrong(
        fmt::format("\"{}\" is neither a setting (name = value) nor a [table]", rest_of_line()));
  }

  // "a.b.c"
  Result<std::vector<std::string>> read_dotted() {
    std::vector<std::string> names;
    while (true) {
      skip_blanks();
      MKT_TRY(std::string name, read_name());
      names.push_back(std::move(name));
      skip_blanks();
      if (peek() != '.') return names;
      ++at_;
    }
  }

  Status read_table() {
    const bool is_array = text_.substr(at_, 2) == "[[";
    const std::string_view end = is_array ? "]]" : "]";
    at_ += end.size();
    MKT_TRY(const auto names, read_dotted());
    if (text_.substr(at_, end.size()) != end) {
      return wrong(fmt::format("the table [{}] is not closed", fmt::join(names, ".")));
    }
    at_ += end.size();
    table_ = fmt::format("{}", fmt::join(names, "."));
    settings_.push_back({table_, "", {}, is_array, line_});
    if (is_array) {
      seen_.erase(seen_.lower_bound(table_ + "."), seen_.lower_bound(table_ + "/"));
      return {};
    }
    if (!tables_.insert(table_).second) {
      return wrong(fmt::format("the table [{}] is there twice", table_));
    }
    return {};
  }

  Status read_setting() {
    TomlSetting setting;
    setting.line = line_;
    MKT_TRY(auto names, read_dotted());
    if (peek() != '=') {
      return wrong(fmt::format("{} has no value; write {} = …", printable(names.back()),
                               printable(names.back())));
    }
    ++at_;
    skip_blanks();
    setting.name = names.back();
    names.pop_back();
    setting.table = table_;
    for (const std::string& name : names) {
      setting.table += (setting.table.empty() ? "" : ".") + name;
    }
    if (peek() == '[') {
      setting.is_array = true;
      MKT_TRY(setting.values, read_array());
    } else {
      MKT_TRY(std::string value, read_value(setting.name));
      setting.values.push_back(std::move(value));
    }
    // The dot before the name marks what belongs to a table, so a new table of an array can forget
    // it.
    if (!seen_.insert(setting.table + "." + setting.name).second) {
      return toml_error(file_, setting.line,
                        fmt::format("{} is there twice", printable(setting.path())));
    }
    settings_.push_back(std::move(setting));
    return {};
  }

  Result<std::vector<std::string>> read_array() {
    std::vector<std::string> values;
    const int first_line = line_;
    ++at_;
    while (true) {
      skip_blank_lines();
      if (at_ >= text_.size()) return toml_error(file_, first_line, "the list is not closed: ]");
      if (text_[at_] == ']') break;
      MKT_TRY(std::string value, read_value(""));
      values.push_back(std::move(value));
      skip_blank_lines();
      if (at_ >= text_.size()) continue;
      if (peek() == ',') {
        ++at_;
      } else if (peek() != ']') {
        return wrong(fmt::format("the list needs a comma or ] before \"{}\"", rest_of_line()));
      }
    }
    ++at_;
    return values;
  }

  Result<std::string> read_value(const std::string& name) {
    if (peek() == '"' || peek() == '\'') return read_string();
    const std::size_t begin = at_;
    while (!at_end_of_line() && std::string_view(" \t,]#").find(text_[at_]) == std::string::npos) {
      ++at_;
    }
    const std::string word(text_.substr(begin, at_ - begin));
    if (word == "true" || word == "false") return word;
    if (auto number = number_in(word)) return std::move(*number);
    at_ = begin;
    if (word.empty()) return wrong("the value is missing");
    return wrong(fmt::format("{} is not a value; write text in quotes: {}\"{}\"",
                             printable(word.substr(0, kShown)), name.empty() ? "" : name + " = ",
                             printable(word.substr(0, kShown))));
  }

  Result<std::string> read_string() {
    const char quote = text_[at_];
    if (text_.substr(at_, 3) == std::string(3, quote)) {
      return wrong("text over several lines is not supported here");
    }
    ++at_;
    std::string value;
    while (!at_end_of_line()) {
      const char c = text_[at_++];
      if (c == quote) return value;
      if (c == '\\' && quote == '"') {
        MKT_CHECK(read_escape(value));
      } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
        return wrong("a text must not hold control characters");
      } else {
        value += c;
      }
    }
    return wrong(fmt::format("the text is not closed: {}", quote));
  }

  Status read_escape(std::string& value) {
    constexpr std::string_view kNames = "btnfr\"\\";
    constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
    const char c = peek();
    if (!at_end_of_line()) ++at_;
    if (const std::size_t i = kNames.find(c); i != std::string_view::npos) {
      value += kMeanings[i];
      return {};
    }
    const std::size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
    std::uint32_t point = 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      const char d = peek();
      const std::uint32_t lower = static_cast<std::uint32_t>(d | 0x20);
      if (is_ascii_digit(d)) {
        point = point * 16 + static_cast<std::uint32_t>(d - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        point = point * 16 + lower - 'a' + 10;
      } else {
        return wrong("\\u needs 4 hex digits, \\U 8");
      }
    }
    if (digits == 0 || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
      return wrong(
          "an escape in the text is not one of TOML's; write \\\\ for a backslash, or use '…'");
    }
    append_utf8(value, point);
    return {};
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::string table_;
  std::set<std::string> tables_;
  std::set<std::string> seen_;
  std::vector<TomlSetting> settings_;
};

}  // namespace

Error toml_error(std::string_view file, int line, std::string_view what) {
  return Error(ErrorCode::usage_error, fmt::format("{}:{}: {}", printable(file), line, what));
}

Result<std::vector<TomlSetting>> read_toml(std::string_view text, std::string_view file) {
  if (!is_valid_utf8(text)) return toml_error(file, 1, "the file is not UTF-8");
  return Parser(text, file).run();
}

}  // namespace mkt
