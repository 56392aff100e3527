#include "common/base/duration.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// In milliseconds, largest first.
constexpr auto kUnits = std::to_array<std::pair<std::string_view, std::int64_t>>(
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}});

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::int64_t kMost = 1'000'000;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty()) unit = "s";
  for (const auto& [name, factor] : kUnits) {
    if (name == unit && error == std::errc() && value >= 0 && value <= kMost) {
      return std::chrono::milliseconds(value * factor);
    }
  }
  return Error(ErrorCode::usage_error, fmt::format("\"{}\" is not a time; write 30s, 10m, 2h or 7d",
                                                   printable(text.substr(0, 32))));
}

Result<std::chrono::milliseconds> parse_duration_with_unit(std::string_view text) {
  MKT_TRY(const auto duration, parse_duration(text));
  if (duration.count() == 0 || !is_ascii_digit(text.back())) return duration;
  return Error(ErrorCode::usage_error,
               fmt::format("{0} has no unit; write {0}s, {0}m, {0}h or {0}d for as many seconds, "
                           "minutes, hours or days",
                           text));
}

std::string format_duration(std::chrono::milliseconds duration) {
  for (const auto& [name, factor] : kUnits) {
    if (duration.count() != 0 && duration.count() % factor == 0) {
      return fmt::format("{}{}", duration.count() / factor, name);
    }
  }
  return "0s";
}

}  // namespace mkt
