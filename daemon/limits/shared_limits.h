// SharedLimits: counts requests in Redis while it works, and in this process while it does not.
//
// Redis is behind the circuit breaker "redis", which one failure opens: at most one check waits for
// Redis, and all later ones are decided in memory at once. There each of several daemons allows its
// part of what was left (outage_share.h). A scope for which `denies` is true is not decided in
// memory: without Redis it refuses every request.
//
// When Redis is back, it may have lost some or all counts, and it does not know what was allowed
// meanwhile. So every daemon keeps what it allowed (counted_ledger.h) and tells Redis all of it
// before Redis decides again; what Redis knows already counts once. The daemons do not come back at
// the same moment. So for kRejoinTime a request must also be within its daemon's share.
//
// One thread connects, checks whether Redis is back (every kProbeEvery at first, kProbeLongest at
// most) and brings it up to date; requests never do this. Where there are other daemons, another
// thread listens to them (redis_news.h). Thread-safe.
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
  // With a fifth of jitter, the thread's next look and the probe itself, this is within a second.
  static constexpr std::chrono::milliseconds kProbeLongest{700};
  // Another daemon finds Redis again within this time after the first: its look, the time to
  // connect, and the time to tell Redis its counts.
  static constexpr std::chrono::milliseconds kRejoinTime{3000};

  // Tries to connect before it returns. If that fails, it works without Redis.
  SharedLimits(RedisUrl url, unsigned daemons, std::function<bool(LimitScope)> denies,
               BreakerRegistry& breakers = process_breakers());
  ~SharedLimits() override;

  // overloaded for a scope that is refused without Redis.
  Result<LimitDecision> check(const LimitKey& key, const Limit& limit) override;
  Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) override;
  // Resets both; an error where Redis cannot be told.
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
  // Called by the thread, or before it runs.
  void probe();
  Status settle();
  void work(const std::stop_token& stop);

  const std::string place_;
  const bool has_others_;
  const std::function<bool(LimitScope)> denies_;
  RedisLimits redis_;
  OutageShare share_;
  CountedLedger ledger_;
  std::atomic<bool> owes_{false};  // the ledger has something that Redis may lack
  // Until this time of steady_clock, a request must be within the share too; 0: it need not.
  std::atomic<std::int64_t> rejoins_until_{0};
  std::shared_ptr<CircuitBreaker> breaker_;
  std::jthread thread_;
  std::unique_ptr<RedisNews> news_;  // null where there are no other daemons
};

}  // namespace mkt
