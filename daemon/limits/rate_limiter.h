// RateLimiter: decides whether a request may pass.
//
// The daemon asks it about every limited request. It has the rules in force and the store that
// counts requests, and it counts its own decisions for /metrics. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/live.h"
#include "daemon/limits/limit.h"
#include "daemon/limits/limit_rules.h"

namespace mkt {

// The caller, and the address it calls from.
struct Limited {
  std::string subject;
  std::string address;
};

class RateLimiter {
 public:
  RateLimiter(const Live<LimitRules>& rules, std::unique_ptr<LimitStore> store)
      : rules_(rules), store_(std::move(store)) {}

  // nullopt where there is no limit. overloaded where no request may pass without being counted.
  Result<std::optional<LimitDecision>> check(LimitScope scope, const Limited& who);
  // The same without counting.
  Result<std::optional<LimitDecision>> peek(LimitScope scope, const Limited& who);
  // Forgets what was counted.
  Status reset(LimitScope scope, const Limited& who);

  struct Counts {
    std::uint64_t allowed = 0;
    std::uint64_t refused = 0;
  };
  Counts counts(LimitScope scope, CountedIn where) const;
  // How many requests the store could not decide about.
  std::uint64_t undecided() const { return undecided_.load(std::memory_order_relaxed); }

 private:
  struct Counter {
    std::atomic<std::uint64_t> allowed{0};
    std::atomic<std::uint64_t> refused{0};
  };

  const Live<LimitRules>& rules_;
  std::unique_ptr<LimitStore> store_;
  std::array<std::array<Counter, 2>, kLimitScopes.size()> counters_;  // by scope and CountedIn
  std::atomic<std::uint64_t> undecided_{0};
};

}  // namespace mkt
