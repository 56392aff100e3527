// RedisLimits: requests counted in Redis, for all daemons that share it.
//
// A check is one round trip of one script (limit_script.h), by its hash; where Redis does not know
// it (started anew, SCRIPT FLUSH) it is sent whole, once. Keys are
// `mkt:limit:{<scope>:<subject>}:log`, `…:parts:<window in ms>` and `…:shares:<window in ms>`: the
// braces are a hash tag, so that in a cluster all of a subject lies together. Thread-safe.
//
// Each object counts under a name of its own, and gives every request a number: what it counted can
// be told again (`merge`) and counts once.
//
// Every error means: not decided. `connect` must have succeeded; after an error it is needed anew.
#pragma once

#include <atomic>
#include <vector>

#include "daemon/limits/counted_ledger.h"
#include "daemon/limits/limit.h"
#include "daemon/limits/redis_pipe.h"

namespace mkt {

class RedisLimits : public LimitStore {
 public:
  // How long a check may take before it has failed.
  static constexpr std::chrono::milliseconds kTimeout{50};

  // `tells_others`: by limit_script.h's channel.
  explicit RedisLimits(RedisUrl url, std::chrono::milliseconds timeout = kTimeout,
                       bool tells_others = false);

  // Connects and runs the real script, on a key of nobody: a PING would also be answered by a Redis
  // that takes no writes.
  Status connect();
  bool connected() const { return pipe_.connected(); }

  Result<LimitDecision> check(const LimitKey& key, const Limit& limit) override;
  Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) override;
  Status reset(const LimitKey& key, const Limit& limit) override;

  // For a request that may be told again: `check` with its number, and the part it was counted in.
  std::uint64_t next_number() { return numbers_.fetch_add(1, std::memory_order_relaxed); }
  struct Counted {
    LimitDecision decision;
    std::uint64_t part;
  };
  Result<Counted> check(const LimitKey& key, const Limit& limit, std::uint64_t number);
  // The part in which a request that Redis did not see is counted, by what is known of its clock.
  std::uint64_t part_of(const Limit& limit, std::uint64_t number) const;
  // Counts of these what Redis does not know, whatever the limit says of it.
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
  std::atomic<std::int64_t> clock_offset_us_;  // of Redis's clock to the steady one
  RedisPipe pipe_;
  const std::string hash_;  // of the script
};

}  // namespace mkt
