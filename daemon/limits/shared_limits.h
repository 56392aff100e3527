// SharedLimits: requests counted in Redis while it works, and in this process while it does not.
//
// Redis stands behind the circuit breaker "redis", which one failure opens: a check waits for Redis
// at most once, all that follow are decided in memory, at once. What Redis said last is where
// memory goes on from, and what memory let through meanwhile is added to Redis before it decides
// again. Of several daemons each then lets through its part of a limit only (`daemons`). A scope
// that `denies` names is not decided in memory: nothing passes without Redis.
//
// A thread of its own connects, looks whether Redis is back (kProbeEvery at first, kProbeLongest at
// most), and brings it up to date; requests never do. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "common/reliability/breaker_registry.h"
#include "daemon/limits/limit.h"
#include "daemon/limits/memory_limits.h"
#include "daemon/limits/redis_limits.h"

namespace mkt {

class SharedLimits : public LimitStore {
 public:
  static constexpr std::chrono::milliseconds kProbeEvery{200};
  // With a fifth of jitter, the next look of the thread, and the probe itself: within a second.
  static constexpr std::chrono::milliseconds kProbeLongest{700};
  // Requests let through without Redis that are remembered for it.
  static constexpr std::size_t kMostOwed = 100'000;

  // Tries to connect before it returns, and goes on without where that fails.
  SharedLimits(RedisUrl url, unsigned daemons, std::function<bool(LimitScope)> denies,
               BreakerRegistry& breakers = process_breakers());
  ~SharedLimits() override;

  // overloaded for a scope that is denied without Redis.
  Result<LimitDecision> check(const LimitKey& key, const Limit& limit) override;
  Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) override;
  // Of both; an error where Redis cannot be told.
  Status reset(const LimitKey& key, const Limit& limit) override;

  const CircuitBreaker& breaker() const { return *breaker_; }
  const std::string& place() const { return place_; }

 private:
  Limit share_of(const Limit& limit) const;
  void owe(const LimitKey& key, const Limit& limit);
  // From the thread, or before it runs.
  void probe();
  Status settle();
  void work(const std::stop_token& stop);

  const std::string place_;
  const unsigned daemons_;
  const std::function<bool(LimitScope)> denies_;
  RedisLimits redis_;
  MemoryLimits memory_;
  std::shared_ptr<CircuitBreaker> breaker_;
  std::mutex mutex_;
  std::deque<CountedRequest> owed_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace mkt
