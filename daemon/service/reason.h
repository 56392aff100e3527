// How long a reason may be that somebody gives for a change: a revocation, a deprecation, a
// refusal.
#pragma once

#include <cstddef>

namespace mkt {

inline constexpr std::size_t kMaxReason = 500;  // bytes

}  // namespace mkt
