#include "daemon/rules/policy_history.h"

namespace mkt {

std::vector<std::int64_t> revisions_to_remove(const std::vector<PolicySize>& sizes) {
  std::vector<std::int64_t> removed;
  std::uint32_t count = 0;
  std::int64_t bytes = 0;
  for (const PolicySize& one : sizes) {
    ++count;
    bytes += one.bytes;
    const bool too_much = count > kMaxPolicyHistory || bytes > kMaxPolicyHistoryBytes;
    if (!removed.empty() || (count > 1 && too_much)) removed.push_back(one.revision);
  }
  return removed;
}

}  // namespace mkt
