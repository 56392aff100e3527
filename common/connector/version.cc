// Grammar and precedence of Semantic Versioning 2.0.0.
#include "common/connector/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

bool is_identifier_character(char c) {
  return is_ascii_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_ascii_digit);
}

bool is_number(std::string_view text) {
  return is_digits(text) && (text == "0" || text.front() != '0');
}

bool is_build_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_identifier_character);
}

bool is_prerelease_identifier(std::string_view text) {
  return is_digits(text) ? is_number(text) : is_build_identifier(text);
}

struct Cut {
  std::string_view before;
  std::optional<std::string_view> after;  // nullopt where there is no separator
};

Cut cut(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

// The pieces between the dots; nullopt where a piece is not valid.
std::optional<std::vector<std::string>> dotted(std::string_view text,
                                               bool (*is_valid)(std::string_view)) {
  std::vector<std::string> pieces;
  for (std::optional<std::string_view> rest = text; rest;) {
    const auto [piece, more] = cut(*rest, '.');
    if (!is_valid(piece)) return std::nullopt;
    pieces.emplace_back(piece);
    rest = more;
  }
  return pieces;
}

// Numbers have no leading zeros, so the longer one is greater, at any length.
std::strong_ordering compare_identifiers(const std::string& a, const std::string& b) {
  const bool a_is_number = is_digits(a);
  const bool b_is_number = is_digits(b);
  if (a_is_number != b_is_number) {
    return a_is_number ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a_is_number && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

Error not_a_version(std::string_view text) {
  return Error(ErrorCode::invalid_input,
               fmt::format("\"{}\" is not a semantic version such as 1.4.0", printable(text)));
}

std::string join(const Version::Numbers& n) { return fmt::format("{}.{}.{}", n[0], n[1], n[2]); }

}  // namespace

std::optional<std::uint64_t> parse_version_number(std::string_view text) {
  std::uint64_t number = 0;
  if (!is_number(text)) return std::nullopt;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc()) return std::nullopt;
  return number;
}

Result<Version> Version::parse(std::string_view text) {
  if (text.size() > kMaxLength) {
    return Error(
        ErrorCode::invalid_input,
        fmt::format("a version has at most {} characters, not {}", kMaxLength, text.size()));
  }
  // A '-' may be in build metadata but never in the numbers, so the text is cut at '+' first.
  const auto [precedence, build] = cut(text, '+');
  const auto [core, prerelease] = cut(precedence, '-');

  const auto pieces = dotted(core, is_number);
  if (!pieces || pieces->size() != 3) return not_a_version(text);
  if (build && !dotted(*build, is_build_identifier)) return not_a_version(text);
  std::vector<std::string> identifiers;
  if (prerelease) {
    auto valid = dotted(*prerelease, is_prerelease_identifier);
    if (!valid) return not_a_version(text);
    identifiers = std::move(*valid);
  }

  Numbers numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = parse_version_number((*pieces)[i]);
    if (!number) {
      return Error(ErrorCode::invalid_input,
                   fmt::format("\"{}\" has a number above {}", printable(text), UINT64_MAX));
    }
    numbers[i] = *number;
  }
  return Version(std::string(text), numbers, std::move(identifiers));
}

Version Version::release(const Numbers& numbers) { return Version(join(numbers), numbers, {}); }

Version Version::first_prerelease(const Numbers& numbers) {
  return Version(join(numbers) + "-0", numbers, {"0"});
}

std::strong_ordering compare_precedence(const Version& a, const Version& b) {
  if (const auto order = a.numbers() <=> b.numbers(); order != 0) return order;
  if (a.is_prerelease() != b.is_prerelease()) {
    return a.is_prerelease() ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const auto& x = a.prerelease();
  const auto& y = b.prerelease();
  return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end(),
                                                compare_identifiers);
}

}  // namespace mkt
