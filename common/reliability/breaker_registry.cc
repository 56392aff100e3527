#include "common/reliability/breaker_registry.h"

namespace mkt {

std::shared_ptr<CircuitBreaker> BreakerRegistry::get(const std::string& name,
                                                     const BreakerOptions& options, Clock& clock) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<CircuitBreaker>& known = breakers_[name];
  auto breaker = known.lock();
  if (!breaker) known = breaker = std::make_shared<CircuitBreaker>(name, options, clock);
  return breaker;
}

std::vector<CircuitBreaker::Snapshot> BreakerRegistry::snapshots() const {
  std::vector<std::shared_ptr<CircuitBreaker>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, breaker] : breakers_) {
      if (auto alive = breaker.lock()) all.push_back(std::move(alive));
    }
  }
  std::vector<CircuitBreaker::Snapshot> snapshots;
  for (const auto& breaker : all) snapshots.push_back(breaker->snapshot());
  return snapshots;
}

BreakerRegistry& process_breakers() {
  static BreakerRegistry registry;
  return registry;
}

}  // namespace mkt
