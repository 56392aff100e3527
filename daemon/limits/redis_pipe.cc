// Batches and who leads them; see redis_pipe.h.
#include "daemon/limits/redis_pipe.h"

#include "common/base/semaphore.h"

namespace mkt {

using std::chrono::milliseconds;

// On its caller's stack, until it is answered or asked to lead.
struct RedisPipe::Call {
  const std::string& command;
  std::optional<Result<RedisReply>> reply = std::nullopt;
  Semaphore woken = {};
};

RedisPipe::RedisPipe(RedisUrl url, milliseconds timeout)
    : url_(std::move(url)), timeout_(timeout) {}
RedisPipe::~RedisPipe() = default;

Status RedisPipe::connect(milliseconds timeout) {
  MKT_TRY(auto opened,
          RedisConnection::open(url_, RedisConnection::Deadline::clock::now() + timeout));
  const std::lock_guard lock(mutex_);
  connection_ = std::move(opened);
  return {};
}

bool RedisPipe::connected() const {
  const std::lock_guard lock(mutex_);
  return connection_ != nullptr;
}

Result<RedisReply> RedisPipe::call(const std::string& command) {
  Call mine{command};
  bool leads = false;
  {
    const std::lock_guard lock(mutex_);
    if (!connection_) {
      return Error(ErrorCode::registry_unavailable, "there is no connection to Redis");
    }
    waiting_.push_back(&mine);
    leads = !std::exchange(led_, true);
  }
  if (!leads) {
    mine.woken.wait();
    if (mine.reply) return std::move(*mine.reply);
  }
  lead(mine);
  return std::move(*mine.reply);
}

void RedisPipe::lead(Call& mine) {
  std::vector<Call*> batch;
  std::shared_ptr<RedisConnection> connection;
  {
    const std::lock_guard lock(mutex_);
    // It has waited the longest, and so is among the first.
    const std::size_t n = std::min(waiting_.size(), kMostInBatch);
    batch.assign(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(n));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(n));
    connection = connection_;
  }
  const Status done = run_batch(batch, *connection);
  {
    const std::lock_guard lock(mutex_);
    if (!done && connection_ == connection) connection_.reset();
    if (!connection_) {
      for (Call* call : waiting_) {
        call->reply = done.error();
        batch.push_back(call);
      }
      waiting_.clear();
    }
    led_ = !waiting_.empty();
    // Without a reply: it leads, while we wake those who have theirs.
    if (led_) waiting_.front()->woken.raise();
  }
  // Once woken, a call is gone: its caller returns.
  for (Call* call : batch) {
    if (call != &mine) call->woken.raise();
  }
}

Status RedisPipe::run_batch(const std::vector<Call*>& batch, RedisConnection& connection) {
  const auto deadline = RedisConnection::Deadline::clock::now() + timeout_;
  std::string bytes;
  for (const Call* call : batch) bytes += call->command;
  Status sent = connection.send(bytes, deadline);
  for (Call* call : batch) {
    if (sent) {
      call->reply = connection.read(deadline);
      if (!*call->reply) sent = call->reply->error();
    } else {
      call->reply = sent.error();
    }
  }
  return sent;
}

}  // namespace mkt
