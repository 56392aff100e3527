// SharedLimits: requests counted in Redis while it works, and in this process while it does not.
//
// Redis stands behind the circuit breaker "redis", which one failure opens: a check waits for Redis
// at most once, all that follow are decided in memory, at once, where each of several daemons
// allows its part of what was left (outage_share.h). A scope that `denies` names is not decided in
// memory: nothing passes without Redis.
//
// When Redis is back it may have lost some of what was counted, or all, and does not have what
// passed meanwhile. So every daemon keeps what it let through (counted_ledger.h) and tells Redis
// all of it before Redis decides again; what Redis knows already counts once. The daemons are not
// back at the same moment: for kRejoinTime a request must be within the share of its daemon too.
//
// A thread of its own connects, looks whether Redis is back (kProbeEvery at first, kProbeLongest at
// most), and brings it up to date; requests never do. Another one listens to the other daemons
// (redis_news.h), where there are any. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

#include "common/reliability/breaker_registry.h"
#include "daemon/limits/counted_ledger.h"
#include "daemon/limits/limit.h"
#include "daemon/limits/outage_share.h"
#include "daemon/limits/redis_limits.h"
#include "daemon/limits/redis_news.h"

namespace mkt {

class SharedLimits : public LimitStore {
 public:
  static constexpr std::chrono::milliseconds kProbeEvery{200};
  // With a fifth of jitter, the next look of the thread, and the probe itself: within a second.
  static constexpr std::chrono::milliseconds kProbeLongest{700};
  // Another daemon finds Redis again within this time of the first: its look, the time to connect,
  // and to tell Redis what it counted.
  static constexpr std::chrono::milliseconds kRejoinTime{3000};

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
  // Redis answers, but other daemons may not have found it again yet.
  bool is_rejoining() const;
  Result<LimitDecision> check_in_redis(const LimitKey& key, const Limit& limit,
                                       std::uint64_t number);
  Result<LimitDecision> refuse_for_share(const LimitKey& key, const Limit& limit,
                                         LimitDecision share);
  void hear(const LimitNews& news);
  void lose(const std::string& reason);
  // From the thread, or before it runs.
  void probe();
  Status settle();
  void work(const std::stop_token& stop);

  const std::string place_;
  const bool has_others_;
  const std::function<bool(LimitScope)> denies_;
  RedisLimits redis_;
  OutageShare share_;
  CountedLedger ledger_;
  std::atomic<bool> owes_{false};  // the ledger has what Redis may not have
  // steady_clock's, until when requests must be within the share too; 0: they need not.
  std::atomic<std::int64_t> rejoins_until_{0};
  std::shared_ptr<CircuitBreaker> breaker_;
  std::jthread thread_;
  std::unique_ptr<RedisNews> news_;  // none where there are no other daemons
};

}  // namespace mkt
