// BreakerRegistry: every breaker of the process by its name, for /metrics and `mkt status`.
//
// A name belongs to a dependency ("redis", "firestore", "webhook:1f…"), and all who call it share
// its breaker. The registry does not keep them alive. Thread-safe.
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
  // The one of that name; made with these options where there is none yet.
  std::shared_ptr<CircuitBreaker> get(const std::string& name, const BreakerOptions& options = {},
                                      Clock& clock = system_clock());
  // By name.
  std::vector<CircuitBreaker::Snapshot> snapshots() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<CircuitBreaker>> breakers_;  // guarded by mutex_
};

BreakerRegistry& process_breakers();

}  // namespace mkt
