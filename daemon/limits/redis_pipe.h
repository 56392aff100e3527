// RedisPipe: shares one connection between many threads.
//
// Commands are sent in the order of the calls, and replies come in that order. The first caller to
// find no sender becomes the sender and sends everything queued, in one write. The first caller to
// find no reader becomes the reader: it hands each reply to the oldest waiting call until its own
// arrives, then the next waiting caller reads. One caller alone therefore needs one round trip and
// So a single caller needs one round trip and no other thread. Many callers share writes and reads,
// and Redis works while replies are handed out.
// A call that fails, or gets no reply in time, fails all waiting calls at once; the connection
// stays closed until `connect`. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/limits/redis_connection.h"

namespace mkt {

class RedisPipe {
 public:
  // `timeout` bounds each call.
  RedisPipe(RedisUrl url, std::chrono::milliseconds timeout);
  ~RedisPipe();

  // Replaces the connection by a new one; takes at most `timeout`.
  Status connect(std::chrono::milliseconds timeout);
  bool connected() const;

  // The reply to a command (redis_command), which may be an error that Redis reports.
  Result<RedisReply> call(const std::string& command);

 private:
  class Line;  // a connection and the callers that wait for it

  const RedisUrl url_;
  const std::chrono::milliseconds timeout_;
  mutable std::mutex mutex_;
  std::shared_ptr<Line> line_;  // guarded by mutex_; a call keeps the one that it began with
};

}  // namespace mkt
