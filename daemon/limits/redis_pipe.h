// RedisPipe: many threads, one connection.
//
// Commands go out in the order they came, and so do the replies. Whoever comes while nobody sends,
// sends what waits: its own command and those of all who came meanwhile, in one write. Whoever then
// waits while nobody reads, reads, and hands each reply to the next in the row until its own is
// among them; then the next in the row reads on. So one caller alone has exactly one round trip and
// no other thread's help, many share writes and reads, and Redis has work while replies are handed
// out.
//
// A call that fails, or is not answered in time, fails all that wait, at once, and the connection
// is gone until `connect`. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/limits/redis_connection.h"

namespace mkt {

class RedisPipe {
 public:
  // `timeout` bounds a call.
  RedisPipe(RedisUrl url, std::chrono::milliseconds timeout);
  ~RedisPipe();

  // A new connection in the place of the old one; may take as long as `timeout`.
  Status connect(std::chrono::milliseconds timeout);
  bool connected() const;

  // The reply to a command (redis_command), an error of Redis's included.
  Result<RedisReply> call(const std::string& command);

 private:
  class Line;  // a connection and who waits for it

  const RedisUrl url_;
  const std::chrono::milliseconds timeout_;
  mutable std::mutex mutex_;
  std::shared_ptr<Line> line_;  // guarded by mutex_; calls hold on to the one they began with
};

}  // namespace mkt
