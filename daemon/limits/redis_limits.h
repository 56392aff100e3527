// RedisLimits: requests counted in Redis, for all daemons that share it.
//
// A check is one round trip of one script (limit_script.h), by its hash; where Redis does not know
// it (started anew, SCRIPT FLUSH) it is sent whole, once. Keys are
// `mkt:limit:{<scope>:<subject>}:log` and `…:slices:<window in ms>`: the braces are a hash tag, so
// that in a cluster all of a subject lies together. Thread-safe.
//
// Every error means: not decided. `connect` must have succeeded; after an error it is needed anew.
#pragma once

#include <vector>

#include "daemon/limits/limit.h"
#include "daemon/limits/redis_pipe.h"

namespace mkt {

// A request that was let through elsewhere.
struct CountedRequest {
  LimitKey key;
  Limit limit;
  std::chrono::steady_clock::time_point at;
};

class RedisLimits : public LimitStore {
 public:
  // How long a check may take before it has failed.
  static constexpr std::chrono::milliseconds kTimeout{50};

  explicit RedisLimits(RedisUrl url, std::chrono::milliseconds timeout = kTimeout);

  // Connects and runs the real script, on a key of nobody: a PING would also be answered by a Redis
  // that takes no writes.
  Status connect();
  bool connected() const { return pipe_.connected(); }

  Result<LimitDecision> check(const LimitKey& key, const Limit& limit) override;
  Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) override;
  Status reset(const LimitKey& key, const Limit& limit) override;

  // Counts what was let through without Redis, whatever the limit says of it.
  Status add(const std::vector<CountedRequest>& requests);

 private:
  Result<LimitDecision> decide(std::string_view act, const LimitKey& key, const Limit& limit,
                               const std::vector<std::string>& ages = {});
  Result<RedisReply> run_script(const std::vector<std::string_view>& arguments);

  RedisPipe pipe_;
  const std::string hash_;  // of the script
};

}  // namespace mkt
