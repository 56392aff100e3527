#include "daemon/limits/redis_pipe.h"

#include <deque>
#include <optional>

#include "common/base/semaphore.h"

namespace mkt {

using std::chrono::milliseconds;
using Deadline = RedisConnection::Deadline;

// One connection, from its opening until it breaks.
class RedisPipe::Line {
 public:
  explicit Line(std::unique_ptr<RedisConnection> connection) : connection_(std::move(connection)) {}

  Result<RedisReply> call(const std::string& command, milliseconds timeout);
  bool broken() const {
    const std::lock_guard lock(mutex_);
    return broken_.has_value();
  }

 private:
  // Lives on its caller's stack. A waiting caller is woken exactly once: with its reply, or to
  // read. After that, no other thread touches the call.
  struct Call {
    Deadline deadline;
    std::optional<Result<RedisReply>> reply = std::nullopt;
    bool reads = false;
    Semaphore woken = {};
  };
  using Lock = std::unique_lock<std::mutex>;

  void send(Lock& lock, milliseconds timeout);
  void read_until_answered(Call& mine, Lock& lock);
  void break_with(const Error& error, const Call* unwoken);

  mutable std::mutex mutex_;
  // One thread at a time sends and one reads; neither holds the lock meanwhile.
  const std::unique_ptr<RedisConnection> connection_;
  // All below guarded by mutex_.
  std::string outgoing_;       // commands not sent yet
  std::deque<Call*> waiting_;  // in the order of their commands
  bool sending_ = false;
  bool reading_ = false;  // or a caller was woken to read
  std::optional<Error> broken_;
};

RedisPipe::RedisPipe(RedisUrl url, milliseconds timeout)
    : url_(std::move(url)), timeout_(timeout) {}
RedisPipe::~RedisPipe() = default;

Status RedisPipe::connect(milliseconds timeout) {
  MKT_TRY(auto opened, RedisConnection::open(url_, Deadline::clock::now() + timeout));
  auto line = std::make_shared<Line>(std::move(opened));
  const std::lock_guard lock(mutex_);
  line_ = std::move(line);
  return {};
}

bool RedisPipe::connected() const {
  const std::lock_guard lock(mutex_);
  return line_ != nullptr && !line_->broken();
}

Result<RedisReply> RedisPipe::call(const std::string& command) {
  std::shared_ptr<Line> line;
  {
    const std::lock_guard lock(mutex_);
    line = line_;
  }
  if (!line) return Error(ErrorCode::registry_unavailable, "there is no connection to Redis");
  return line->call(command, timeout_);
}

Result<RedisReply> RedisPipe::Line::call(const std::string& command, milliseconds timeout) {
  Call mine{Deadline::clock::now() + timeout};
  Lock lock(mutex_);
  if (broken_) return *broken_;
  outgoing_ += command;
  waiting_.push_back(&mine);
  if (!sending_) send(lock, timeout);
  if (!mine.reply && !reading_) {
    mine.reads = reading_ = true;
  } else {
    lock.unlock();
    mine.woken.wait();
    if (!mine.reads) return std::move(*mine.reply);
    lock.lock();
  }
  read_until_answered(mine, lock);
  return std::move(*mine.reply);
}

void RedisPipe::Line::send(Lock& lock, milliseconds timeout) {
  sending_ = true;
  std::string bytes;
  // Commands queued while we were sending are ours to send too; their callers rely on it.
  while (!outgoing_.empty() && !broken_) {
    bytes.clear();
    bytes.swap(outgoing_);
    lock.unlock();
    const Status sent = connection_->send(bytes, Deadline::clock::now() + timeout);
    lock.lock();
    if (!sent) break_with(sent.error(), nullptr);
  }
  sending_ = false;
}

void RedisPipe::Line::read_until_answered(Call& mine, Lock& lock) {
  while (!mine.reply) {
    // The oldest call has the earliest deadline.
    const Deadline deadline = waiting_.front()->deadline;
    lock.unlock();
    auto reply = connection_->read(deadline);
    lock.lock();
    if (mine.reply) return;  // the sender found the connection broken
    if (!reply) return break_with(reply.error(), &mine);
    Call* const first = waiting_.front();
    waiting_.pop_front();
    first->reply = std::move(reply);
    if (first != &mine) first->woken.raise();
  }
  reading_ = !waiting_.empty();
  if (!reading_) return;
  waiting_.front()->reads = true;
  waiting_.front()->woken.raise();
}

void RedisPipe::Line::break_with(const Error& error, const Call* unwoken) {
  if (broken_) return;
  broken_ = error;
  connection_->shut();
  for (Call* const call : waiting_) {
    call->reply = error;
    if (call != unwoken) call->woken.raise();
  }
  waiting_.clear();
}

}  // namespace mkt
