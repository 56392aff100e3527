// PartOfLimits: what each of several daemons allows that cannot count together: its part of every
// limit, rounded up. So all of them together allow at most one request for each daemon beyond the
// limit. Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>

#include "daemon/limits/limit.h"
#include "daemon/limits/memory_limits.h"

namespace mkt {

class PartOfLimits : public LimitStore {
 public:
  explicit PartOfLimits(unsigned daemons, Clock& clock = system_clock())
      : daemons_(std::max(1U, daemons)), counted_(clock) {}

  Result<LimitDecision> check(const LimitKey& key, const Limit& limit) override {
    return counted_.check(key, part_of(limit));
  }
  Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) override {
    return counted_.peek(key, part_of(limit));
  }
  Status reset(const LimitKey& key, const Limit& limit) override {
    return counted_.reset(key, part_of(limit));
  }

 private:
  Limit part_of(const Limit& limit) const {
    return {(limit.requests + daemons_ - 1) / daemons_, limit.window};
  }

  const std::uint32_t daemons_;
  MemoryLimits counted_;
};

}  // namespace mkt
