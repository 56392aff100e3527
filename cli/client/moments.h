// Moments as people type them: points in time, also by how far they are from now.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/base/utc_time.h"

namespace mkt {

// A moment: RFC 3339, a day ("2026-01-31", which is its first instant in UTC), or an age ("24h",
// "7d").
Result<UtcTime> parse_moment(std::string_view text, UtcTime now);

// When something is to expire: RFC 3339, a day ("2027-01-01", which is its first instant in UTC),
// or how long it is valid ("12h", "90d"). usage_error also for what is not after `now`.
Result<UtcTime> parse_expiry(std::string_view text, UtcTime now);

}  // namespace mkt
