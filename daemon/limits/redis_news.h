// RedisNews: messages between daemons that share a Redis, sent through it (limit_script.h).
//
// A daemon hears of the requests that the others count, so all know the same counts when Redis
// fails. It also hears at once that Redis fails, as its own checks may be rare. A thread listens on
// a connection of its own and opens it again whenever it breaks. A message sent while nobody
// listens is lost; the next one about the same key makes up for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "daemon/limits/limit.h"
#include "daemon/limits/redis_url.h"

namespace mkt {

// Parses "<requests> <window in µs> <counted> <key>" or "reset <key>"; nullopt for anything else.
struct LimitNews {
  LimitKey key;
  bool reset = false;
  Limit limit;
  std::uint32_t counted = 0;
};
std::optional<LimitNews> parse_limit_news(std::string_view text);

class RedisNews {
 public:
  // The thread calls these.
  struct Ears {
    std::function<void(const LimitNews&)> heard;
    std::function<void(const std::string& reason)> lost;  // the connection, after it worked
  };

  RedisNews(RedisUrl url, Ears ears);

 private:
  void listen(const std::stop_token& stop);

  const RedisUrl url_;
  const Ears ears_;
  std::jthread thread_;
};

}  // namespace mkt
