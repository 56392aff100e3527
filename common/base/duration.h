// Durations as people write them: "500ms", "30s", "10m", "2h", "7d", or plain seconds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

// usage_error for anything else, and for more than a million of the unit.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// The same where a number without a unit, but 0, is an error: who sets 90 may mean days.
Result<std::chrono::milliseconds> parse_duration_with_unit(std::string_view text);

// In the largest unit that divides it without a remainder: "7d", "90m".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace mkt
