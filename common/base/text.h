// Plain ASCII text: letters without case, blanks at the ends, whole numbers.
//
// For the words of protocols and formats, whose grammars are ASCII. Bytes above 0x7f stay as they
// are, and the locale does not matter. For names that people choose, see utf8.h. Thread-safe.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mkt {

constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = lower_case(c);
  return lower;
}

// The value of a hex digit in either case; -1 for any other character.
constexpr int hex_digit(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = lower_case(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// `text` without the `blanks` at both ends. The result is a view: `text` must outlive it.
constexpr std::string_view trim(std::string_view text, std::string_view blanks = " \t\r\n") {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The number that all of `text` spells: digits alone, without a sign or blanks. nullopt for
// anything else and for a number that `Number` cannot hold.
template <std::unsigned_integral Number>
std::optional<Number> parse_whole(std::string_view text, int base = 10) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// The same for a number that JSON and SQL keep with a sign, though it is never negative.
inline std::optional<std::int64_t> parse_natural(std::string_view text) {
  const auto number = parse_whole<std::uint64_t>(text);
  if (!number || !std::in_range<std::int64_t>(*number)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

}  // namespace mkt
