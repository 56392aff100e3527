#include "cli/terminal/format_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/utf8.h"

namespace mkt {
namespace {

// A width or a precision of more digits than this is a mistake, and would take all memory.
constexpr std::size_t kMaxDigits = 3;

Error bad_template(std::size_t at, std::string_view what) {
  return Error(ErrorCode::usage_error, fmt::format("--format, at character {}: {}", at + 1, what));
}

// nullopt where fmt does not take the format for a value of this type.
template <typename T>
std::optional<std::string> formatted(const std::string& format, const T& value) {
  try {
    return fmt::format(fmt::runtime(format), value);
  } catch (const fmt::format_error&) {
    return std::nullopt;
  }
}

bool is_usable(const std::string& format) {
  return formatted(format, std::string_view("text")) || formatted(format, std::int64_t{1}) ||
         formatted(format, 1.0) || formatted(format, true);
}

bool has_long_number(std::string_view format) {
  std::size_t digits = 0;
  for (const char c : format) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > kMaxDigits) return true;
  }
  return false;
}

std::vector<std::string> split_path(std::string_view name) {
  std::vector<std::string> path;
  for (;;) {
    const std::size_t dot = name.find('.');
    path.emplace_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return path;
    name.remove_prefix(dot + 1);
  }
}

const Json* member_at(const Json& from, const std::vector<std::string>& path) {
  const Json* at = &from;
  for (const std::string& name : path) {
    if (!at->is_object()) return nullptr;
    const auto member = at->find(name);
    if (member == at->end()) return nullptr;
    at = &*member;
  }
  return at;
}

std::string plain_text(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return printable(value.get<std::string>());
  const bool has_objects =
      value.is_object() || (value.is_array() && std::ranges::any_of(value, [](const Json& e) {
                              return e.is_structured();
                            }));
  if (has_objects || !value.is_array()) return printable(dump_json(value));
  std::vector<std::string> words;
  for (const Json& element : value) words.push_back(plain_text(element));
  return fmt::format("{}", fmt::join(words, ","));
}

// In the format where it fits the value's type; else as it is.
std::string value_text(const std::string& format, const Json& value) {
  std::optional<std::string> text;
  if (value.is_boolean()) {
    text = formatted(format, value.get<bool>());
  } else if (value.is_number_float()) {
    text = formatted(format, value.get<double>());
  } else if (value.is_number_unsigned()) {
    text = formatted(format, value.get<std::uint64_t>());
  } else if (value.is_number()) {
    text = formatted(format, value.get<std::int64_t>());
  }
  if (!text) text = formatted(format, plain_text(value));
  return text ? *text : plain_text(value);
}

// The only list of objects in the document, which then is what the document is about.
const Json* only_list(const Json& document) {
  const Json* found = nullptr;
  for (const Json& member : document) {
    const bool is_list = member.is_array() &&
                         std::ranges::all_of(member, [](const Json& e) { return e.is_object(); });
    if (!is_list) continue;
    if (found != nullptr && !found->empty() && !member.empty()) return nullptr;
    if (found == nullptr || found->empty()) found = &member;
  }
  return found;
}

}  // namespace

// What stands between the braces, the first of which is at `at`.
Result<FormatTemplate::Part> FormatTemplate::parse_field(std::string_view field, std::size_t at) {
  const std::string_view name = field.substr(0, field.find(':'));
  const std::string_view format = field.substr(name.size());
  Part part{{}, split_path(name), fmt::format("{{{}}}", format)};
  if (std::ranges::any_of(part.path, &std::string::empty)) {
    return bad_template(at, "between the braces stands a member's name, such as {id}");
  }
  if (format.find('{') != std::string_view::npos || has_long_number(format) ||
      !is_usable(part.format)) {
    return bad_template(
        at + 1 + name.size(),
        fmt::format("\"{}\" is not a format of fmt's, such as :>10", printable(format)));
  }
  return part;
}

Result<FormatTemplate> FormatTemplate::parse(std::string_view text) {
  if (!is_valid_utf8(text)) return Error(ErrorCode::usage_error, "--format is not UTF-8");
  FormatTemplate result;
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if ((c == '{' || c == '}') && next == c) {
      literal += c;
      ++i;
    } else if (c == '\\') {
      if (next != 'n' && next != 't' && next != '\\') {
        return bad_template(i, "after a backslash stands n, t or another backslash");
      }
      literal += next == 'n' ? '\n' : next == 't' ? '\t' : '\\';
      ++i;
    } else if (c == '}') {
      return bad_template(i, "a } without its {; for a brace itself write }}");
    } else if (c == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string_view::npos) {
        return bad_template(i, "a { without its }; for a brace itself write {{");
      }
      MKT_TRY(Part part, parse_field(text.substr(i + 1, end - i - 1), i));
      part.literal = std::exchange(literal, {});
      result.parts_.push_back(std::move(part));
      i = end;
    } else {
      literal += c;
    }
  }
  result.parts_.push_back({std::move(literal), {}, {}});
  return result;
}

bool FormatTemplate::is_about(const Json& document) const {
  return std::ranges::all_of(parts_, [&](const Part& part) {
    return part.path.empty() || document.contains(part.path.front());
  });
}

void FormatTemplate::print_line(const Json& row, const Json& document, Lines& lines) const {
  for (const Part& part : parts_) {
    lines.text += part.literal;
    if (part.path.empty()) continue;
    const Json* value = member_at(row, part.path);
    if (value == nullptr) value = member_at(document, part.path);
    if (value == nullptr) lines.unknown.insert(fmt::format("{}", fmt::join(part.path, ".")));
    lines.text += value_text(part.format, value != nullptr ? *value : Json());
  }
  lines.text += '\n';
}

FormatTemplate::Lines FormatTemplate::print(const Json& document) const {
  Lines lines;
  const Json* rows = document.is_array() ? &document : only_list(document);
  if (rows == nullptr || (!document.is_array() && is_about(document))) {
    print_line(document, document, lines);
    return lines;
  }
  // A member that only some of the rows have is not unknown.
  std::set<std::string> unknown_everywhere;
  bool first = true;
  for (const Json& row : *rows) {
    lines.unknown.clear();
    print_line(row, document, lines);
    if (std::exchange(first, false)) {
      unknown_everywhere = lines.unknown;
    } else {
      std::erase_if(unknown_everywhere,
                    [&](const std::string& name) { return !lines.unknown.contains(name); });
    }
  }
  lines.unknown = std::move(unknown_everywhere);
  return lines;
}

}  // namespace mkt
