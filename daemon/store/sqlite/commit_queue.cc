// Group commit.
#include "daemon/store/sqlite/commit_queue.h"

#include <fmt/format.h>
#include <pthread.h>

#include <chrono>
#include <exception>

#include "common/base/turns.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxTogether = 256;

bool is_failed_sync(const SqlError& e) {
  return e.extended_code() == SQLITE_IOERR_FSYNC || e.extended_code() == SQLITE_IOERR_DIR_FSYNC;
}

// A bug of ours fails only the change it is in, not the daemon.
Error unexpected(const std::exception& e) {
  return Error(ErrorCode::internal_error,
               fmt::format("a change failed unexpectedly: {}", e.what()));
}

// Runs one change inside the shared transaction: all of it or nothing.
Status run_in_savepoint(Database& database, const CommitQueue::Change& change) {
  database.query("SAVEPOINT change").run();
  Status outcome;
  try {
    outcome = change(database);
  } catch (const SqlError& e) {
    outcome = e.error();
  } catch (const std::exception& e) {
    outcome = unexpected(e);
  }
  if (!outcome) database.query("ROLLBACK TO change").run();
  database.query("RELEASE change").run();
  return outcome;
}

}  // namespace

CommitQueue::CommitQueue(std::unique_ptr<Database> writer, Told told)
    : told_(std::move(told)), writer_(std::move(writer)), thread_([this] { work(); }) {}

CommitQueue::~CommitQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void CommitQueue::when_broken(std::function<void()> call) {
  const std::lock_guard lock(when_broken_mutex_);
  when_broken_ = std::move(call);
  if (broken_ && when_broken_) when_broken_();
}

Status CommitQueue::run(const Touches& touches, const Change& change) {
  Job job{change, touches};
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&job);
  }
  wake_.notify_one();
  const TurnPause pause;
  job.done.wait();
  return std::move(job.outcome);
}

void CommitQueue::work() {
  ::pthread_setname_np(::pthread_self(), "commits");
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::deque<Job*> jobs;
    while (!queue_.empty() && jobs.size() < kMaxTogether) {
      jobs.push_back(queue_.front());
      queue_.pop_front();
    }
    lock.unlock();
    commit_together(jobs);
    for (Job* job : jobs) job->done.raise();  // the caller destroys the job once it continues
    lock.lock();
  }
}

// Without this call a view would still show what was revoked. It is better to end the daemon, so
// this is noexcept.
void CommitQueue::tell(const std::deque<Job*>& jobs) noexcept {
  if (!told_) return;
  for (const Job* job : jobs) {
    if (job->outcome) told_(job->touches);
  }
}

void CommitQueue::commit_together(std::deque<Job*>& jobs) {
  const auto fail_all = [&](const Error& error) {
    for (Job* job : jobs) job->outcome = error;
  };
  if (broken_) {
    fail_all(Error(ErrorCode::storage_failed,
                   "the registry's disk failed to store a change; it must be restarted"));
    return;
  }
  const auto began = std::chrono::steady_clock::now();
  try {
    Transaction transaction(*writer_);
    for (Job* job : jobs) job->outcome = run_in_savepoint(*writer_, job->change);
    transaction.commit();
    tell(jobs);
    sizes_.add(static_cast<double>(jobs.size()));
    seconds_.add(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  } catch (const SqlError& e) {
    ++failed_;
    fail_all(e.error());
    if (!is_failed_sync(e)) return;
    const std::lock_guard lock(when_broken_mutex_);
    broken_ = true;
    if (when_broken_) when_broken_();
  } catch (const std::exception& e) {
    ++failed_;
    fail_all(unexpected(e));
  }
}

StoreCounts CommitQueue::counts() const {
  StoreCounts counts{0, failed_, sizes_.snapshot(), seconds_.snapshot()};
  const std::lock_guard lock(mutex_);
  counts.waiting = queue_.size();
  return counts;
}

}  // namespace mkt
