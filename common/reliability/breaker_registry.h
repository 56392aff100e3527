// BreakerRegistry: finds the breakers of the process by name, for /metrics and `mkt status`.
//
// A name belongs to a dependency ("redis", "firestore", "webhook:1f…"), and all its callers share
// one breaker. The registry does not keep breakers alive. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/reliability/circuit_breaker.h"

namespace mkt {

class BreakerRegistry {
 public:
  // The breaker of that name; makes one with these options where there is none.
  std::shared_ptr<CircuitBreaker> get(const std::string& name, const BreakerOptions& options = {},
                                      Clock& clock = system_clock());
  // Sorted by name.
  std::vector<CircuitBreaker::Snapshot> snapshots() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<CircuitBreaker>> breakers_;  // guarded by mutex_
};

BreakerRegistry& process_breakers();

}  // namespace mkt
