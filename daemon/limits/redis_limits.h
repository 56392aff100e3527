// RedisLimits: counts requests in Redis, for all daemons that share it.
//
// A check is one round trip that runs one script (limit_script.h) by its hash. If Redis does not
// know the script (after a restart or SCRIPT FLUSH), the whole script is sent once. Keys are
// `mkt:limit:{<scope>:<subject>}:log`, `…:parts:<window in ms>` and `…:shares:<window in ms>`. The
// braces are a hash tag, so a cluster keeps all keys of a subject together. Thread-safe.
//
// Each object counts under a name of its own and numbers its requests. So what it counted can be
// sent again (`merge`) and still counts once.
//
// Every error means that nothing was decided. Call `connect` first, and again after an error.
#pragma once

#include <atomic>
#include <vector>

#include "daemon/limits/counted_ledger.h"
#include "daemon/limits/limit.h"
#include "daemon/limits/redis_pipe.h"

namespace mkt {

class RedisLimits : public LimitStore {
 public:
  // A check that takes longer has failed.
  static constexpr std::chrono::milliseconds kTimeout{50};

  // With `tells_others`, it publishes counts on limit_script.h's channel.
  explicit RedisLimits(RedisUrl url, std::chrono::milliseconds timeout = kTimeout,
                       bool tells_others = false);

  // Connects and runs the real script on an unused key: a Redis that takes no writes would also
  // answer a PING.
  Status connect();
  bool connected() const { return pipe_.connected(); }

  Result<LimitDecision> check(const LimitKey& key, const Limit& limit) override;
  Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) override;
  Status reset(const LimitKey& key, const Limit& limit) override;

  // For a request that may be sent again: its number for `check`, and the part that counted it.
  std::uint64_t next_number() { return numbers_.fetch_add(1, std::memory_order_relaxed); }
  struct Counted {
    LimitDecision decision;
    std::uint64_t part;
  };
  Result<Counted> check(const LimitKey& key, const Limit& limit, std::uint64_t number);
  // The part for a request that Redis did not see, by what is known of Redis's clock.
  std::uint64_t part_of(const Limit& limit, std::uint64_t number) const;
  // Adds to Redis what it does not know of these, whatever the limit.
  Status merge(const std::vector<CountedKey>& counted);

 private:
  struct Answer {
    LimitDecision decision;
    std::chrono::microseconds time;  // Redis's
  };
  Result<Answer> decide(std::string_view act, const LimitKey& key, const Limit& limit,
                        std::uint64_t number, const std::vector<std::string>& parts = {});
  Result<RedisReply> run_script(const std::vector<std::string_view>& arguments);

  const std::string name_;
  const bool tells_others_;
  std::atomic<std::uint64_t> numbers_{1};
  std::atomic<std::int64_t> clock_offset_us_;  // Redis's clock minus the steady one
  RedisPipe pipe_;
  const std::string hash_;  // of the script
};

}  // namespace mkt
