// How many of a tenant's policies are kept.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/store/records/policies.h"

namespace mkt {

// Of a tenant's revisions, the one in force included. A policy may have 64 KiB.
inline constexpr std::uint32_t kMaxPolicyHistory = 100;
inline constexpr std::int64_t kMaxPolicyHistoryBytes = 1024 * 1024;

// The revisions that are not to be kept; the newest stays, however large. `sizes` newest first.
std::vector<std::int64_t> revisions_to_remove(const std::vector<PolicySize>& sizes);

}  // namespace mkt
