// RedisNews: what daemons that share a Redis tell each other through it (limit_script.h).
//
// A daemon learns of every request that another one counts, so that all know the same when Redis
// goes away, and learns at once that it goes: its own checks may be rare. A thread of its own
// listens, on a connection of its own, and opens it again for as long as it lives. What is said
// while nobody listens is lost: the next word on the same key makes up for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "daemon/limits/limit.h"
#include "daemon/limits/redis_url.h"

namespace mkt {

// "<requests> <window in µs> <counted> <key>", or "reset <key>"; nullopt for anything else.
struct LimitNews {
  LimitKey key;
  bool reset = false;
  Limit limit;
  std::uint32_t counted = 0;
};
std::optional<LimitNews> parse_limit_news(std::string_view text);

class RedisNews {
 public:
  // Called by the thread.
  struct Ears {
    std::function<void(const LimitNews&)> heard;
    std::function<void(const std::string& reason)> lost;  // the connection, which worked until now
  };

  RedisNews(RedisUrl url, Ears ears);

 private:
  void listen(const std::stop_token& stop);

  const RedisUrl url_;
  const Ears ears_;
  std::jthread thread_;
};

}  // namespace mkt
