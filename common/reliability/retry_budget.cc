#include "common/reliability/retry_budget.h"

#include <algorithm>

namespace mkt {

std::int64_t RetryBudget::current_second() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
}

RetryBudget::Second& RetryBudget::slot_of(std::int64_t second) {
  Second& slot = seconds_[static_cast<std::size_t>(second) % seconds_.size()];
  if (slot.at != second) slot = {second, 0, 0};
  return slot;
}

void RetryBudget::first_attempt() {
  const std::lock_guard lock(mutex_);
  ++slot_of(current_second()).calls;
  ++totals_.calls;
}

bool RetryBudget::take() {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = current_second();
  std::uint64_t calls = 0, retries = 0;
  for (const Second& second : seconds_) {
    if (second.at < 0 || second.at > now || now - second.at > static_cast<std::int64_t>(kSeconds)) {
      continue;
    }
    calls += second.calls;
    retries += second.retries;
  }
  const auto share = static_cast<std::uint64_t>(static_cast<double>(calls) * kShare);
  if (retries >= std::max(kFloor, share)) {
    ++totals_.refused;
    return false;
  }
  ++slot_of(now).retries;
  ++totals_.retries;
  return true;
}

RetryBudget::Totals RetryBudget::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

RetryBudget& process_retry_budget() {
  static RetryBudget budget;
  return budget;
}

}  // namespace mkt
