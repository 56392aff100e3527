// OutageShare: how much each of several daemons may allow while they cannot count together.
//
// While Redis answers, the daemon learns how many requests of a key all daemons have counted
// (`seen`). Without Redis, each of the N daemons allows its part of what was left then, rounded up:
// for a limit of 100 with 36 counted, each of three daemons allows 22 more. If all daemons saw the
// same count, together they exceed the limit by at most one request for each daemon. What leaves
// the window is shared in the same way.
//
// When Redis is back, the daemon stays within its share for a while (`begin_rejoining`), until all
// daemons have told Redis what they allowed separately. What it sees meanwhile applies only from
// `rejoin` on: it includes the daemon's own requests, which would count twice. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "common/reliability/clock.h"
#include "daemon/limits/limit.h"
#include "daemon/limits/memory_limits.h"

namespace mkt {

class OutageShare {
 public:
  explicit OutageShare(unsigned daemons, Clock& clock = system_clock());

  // All daemons together have counted this many.
  void seen(std::uint32_t used, const LimitKey& key, const Limit& limit);
  // A request to this daemon; `remaining` is what is left of its share.
  LimitDecision check(const LimitKey& key, const Limit& limit);
  LimitDecision peek(const LimitKey& key, const Limit& limit);
  void reset(const LimitKey& key);
  void begin_rejoining() { rejoining_ = true; }
  // What `check` counted here is now included in the common count.
  void rejoin();

 private:
  std::uint32_t share_of(const LimitDecision& together) const {
    return (together.remaining + daemons_ - 1) / daemons_;
  }

  const std::uint32_t daemons_;
  // What was seen: `seen_[held_]` is in use; the other one also has what arrived while rejoining.
  std::array<MemoryLimits, 2> seen_;
  std::atomic<std::size_t> held_{0};
  std::atomic<bool> rejoining_{false};
  MemoryLimits apart_;  // what this daemon allowed separately
};

}  // namespace mkt
