// RedisPipe: many threads, one connection.
//
// Whoever comes while nobody leads sends what waits, its own and that of all who came meanwhile, in
// one write, and reads the replies; then the first of those who still wait leads. So one caller
// alone has exactly one round trip and no other thread's help, and many share writes, reads and
// Redis's own work: the busier, the larger the batches.
//
// A call that fails, or is not answered within the time of its batch, fails all that wait, at once,
// and the connection is gone until `connect`. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/limits/redis_connection.h"

namespace mkt {

class RedisPipe {
 public:
  // `timeout` bounds a batch.
  RedisPipe(RedisUrl url, std::chrono::milliseconds timeout);
  ~RedisPipe();

  // A new connection in the place of the old one; may take as long as `timeout`.
  Status connect(std::chrono::milliseconds timeout);
  bool connected() const;

  // The reply to a command (redis_command), an error of Redis's included.
  Result<RedisReply> call(const std::string& command);

 private:
  struct Call;
  static constexpr std::size_t kMostInBatch = 512;

  void lead(Call& mine);
  Status run_batch(const std::vector<Call*>& batch, RedisConnection& connection);

  const RedisUrl url_;
  const std::chrono::milliseconds timeout_;
  mutable std::mutex mutex_;
  std::vector<Call*> waiting_;                   // guarded by mutex_
  bool led_ = false;                             // guarded by mutex_
  std::shared_ptr<RedisConnection> connection_;  // guarded by mutex_; used by who leads
};

}  // namespace mkt
