// Decides how many of a tenant's earlier policies are kept.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/store/records/policies.h"

namespace mkt {

// Per tenant, with the revision in force. One policy may have 64 KiB.
inline constexpr std::uint32_t kMaxPolicyHistory = 100;
inline constexpr std::int64_t kMaxPolicyHistoryBytes = 1024 * 1024;

// The revisions to remove. The newest stays, however large. `sizes` has the newest first.
std::vector<std::int64_t> revisions_to_remove(const std::vector<PolicySize>& sizes);

}  // namespace mkt
