// The longest reason that somebody may give for a change: a revocation, a deprecation, a refusal.
#pragma once

#include <cstddef>

namespace mkt {

inline constexpr std::size_t kMaxReason = 500;  // bytes

}  // namespace mkt
