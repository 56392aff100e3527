// OutageShare: what one of several daemons may let through while they cannot count together.
//
// While Redis answers, the daemon is told how many requests of a key are counted there in all
// (`seen`). Without Redis each of the N daemons allows its part of what was left then, rounded up:
// of a limit of 100, with 36 counted, each of three lets 22 more through. So together they let
// through no more than the limit and one for each daemon, as long as all of them had seen the same.
// What leaves the window is shared in the same way.
//
// Back at Redis the daemon still keeps within its share for a while (`begin_rejoining`), until all
// have told Redis what they let through apart. What is seen meanwhile holds from `rejoin` on: the
// daemon's own requests are among it, and would count twice. Thread-safe.
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

  // So many are counted in all.
  void seen(std::uint32_t used, const LimitKey& key, const Limit& limit);
  // A request of this daemon; `remaining` is what is left of its share.
  LimitDecision check(const LimitKey& key, const Limit& limit);
  LimitDecision peek(const LimitKey& key, const Limit& limit);
  void reset(const LimitKey& key);
  void begin_rejoining() { rejoining_ = true; }
  // What this daemon let through by `check` is counted with all the others' now.
  void rejoin();

 private:
  std::uint32_t share_of(const LimitDecision& together) const {
    return (together.remaining + daemons_ - 1) / daemons_;
  }

  const std::uint32_t daemons_;
  // What was seen: the one at `held_` holds, the other one has what came while rejoining too.
  std::array<MemoryLimits, 2> seen_;
  std::atomic<std::size_t> held_{0};
  std::atomic<bool> rejoining_{false};
  MemoryLimits apart_;  // what this daemon let through by itself
};

}  // namespace mkt
