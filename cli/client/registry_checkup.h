// The checks of `mkt doctor` that are about the registry: the way to it, whether it answers, its
// clock, and whose token is used there.
//
// The registry is asked twice, each time for at most the settings' timeout, and without a wait for
// rate limits. Use from one thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cli/client/finding.h"
#include "cli/client/settings.h"
#include "common/base/utc_time.h"

namespace mkt {

inline constexpr std::chrono::seconds kClockTolerance{30};
inline constexpr std::chrono::hours kTokenEndsSoon{7 * 24};

// Pure: by the environment alone.
Finding check_proxy(const std::string& origin,
                    const std::function<std::string(const char*)>& environment);

// The findings registry, clock and token, in this order; clock and token are left out where the
// registry does not answer.
std::vector<Finding> check_registry(const Settings& settings, UtcTime now);

}  // namespace mkt
