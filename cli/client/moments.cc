#include "cli/client/moments.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "common/base/duration.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// A day is its first instant.
std::optional<UtcTime> parse_time_or_day(std::string_view text) {
  if (const auto time = parse_utc(text)) return time;
  return parse_utc(std::string(text) + "T00:00:00Z");
}

}  // namespace

Result<UtcTime> parse_moment(std::string_view text, UtcTime now) {
  if (const auto time = parse_time_or_day(text)) return *time;
  if (const auto ago = parse_duration(text)) return now - *ago;
  return Error(ErrorCode::usage_error,
               fmt::format("\"{}\" is not a time; write 2026-01-31T12:00:00Z, 2026-01-31, or how "
                           "long ago: 24h, 7d",
                           printable(text.substr(0, 64))));
}

Result<UtcTime> parse_expiry(std::string_view text, UtcTime now) {
  std::optional<UtcTime> end = parse_time_or_day(text);
  const auto valid_for = parse_duration_with_unit(text);
  if (!end && valid_for) end = now + *valid_for;
  const std::string shown = printable(text.substr(0, 64));
  if (!end && !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    return valid_for.error();
  }
  if (!end) {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is not an expiry; write a day (2027-01-01), a time "
                             "(2027-01-01T12:00:00Z), or how long: 12h, 90d",
                             shown));
  }
  if (*end <= now) {
    return Error(
        ErrorCode::usage_error,
        fmt::format("the expiry {} is in the past; write one that is still to come", shown));
  }
  return *end;
}

}  // namespace mkt
