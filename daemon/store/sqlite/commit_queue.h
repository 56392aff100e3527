// CommitQueue: many changes, one fsync.
//
// One thread owns the only writing connection (Debian's SQLite can damage a database whose WAL is
// written or checkpointed by two). It takes whatever changes are queued, runs them one after the
// other in one transaction, each in a savepoint of its own so that one can fail alone, commits, and
// only then lets the callers go on. `run` may be called from any thread but the queue's own.
//
// After each commit `told` hears what its changes touched, before the callers go on; it must not
// throw. A change that throws fails alone, with internal_error where it is no SqlError. A commit
// that fails fails all its changes. A failed fsync is final: what the disk holds is then unknown,
// so every later change is refused with storage_failed, `broken` says true and `when_broken` is
// called; the daemon exits for its supervisor to start it again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "common/base/result.h"
#include "common/base/semaphore.h"
#include "daemon/store/sqlite/database.h"
#include "daemon/store/store_health.h"
#include "daemon/store/touches.h"

namespace mkt {

inline constexpr auto kCommitSizes = std::to_array<double>({1, 2, 4, 8, 16, 32, 64, 128, 256});
inline constexpr auto kCommitSeconds = std::to_array<double>(
    {0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5});

class CommitQueue {
 public:
  using Change = std::function<Status(Database&)>;
  using Told = std::function<void(const Touches&)>;

  explicit CommitQueue(std::unique_ptr<Database> writer, Told told = {});
  ~CommitQueue();  // lets what is queued finish
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Returns when the change is durable or has failed. `touches` is read after the commit: the
  // change may still add to it.
  Status run(const Touches& touches, const Change& change);

  bool broken() const { return broken_; }
  // What to call, once, from the queue's thread, when that happens, or at once where it has;
  // nothing for an empty function, which waits for a call under way.
  void when_broken(std::function<void()> call);
  StoreCounts counts() const;

 private:
  struct Job {
    const Change& change;
    const Touches& touches;
    Status outcome{};
    Semaphore done{};
  };

  void work();
  void tell(const std::deque<Job*>& jobs) noexcept;
  void commit_together(std::deque<Job*>& jobs);

  const Told told_;
  std::unique_ptr<Database> writer_;  // the thread's alone
  std::atomic<bool> broken_ = false;
  std::mutex when_broken_mutex_;
  std::function<void()> when_broken_;  // guarded by when_broken_mutex_
  std::atomic<std::uint64_t> failed_ = 0;
  BucketCounts<kCommitSizes.size()> sizes_{kCommitSizes};
  BucketCounts<kCommitSeconds.size()> seconds_{kCommitSeconds};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job*> queue_;  // guarded by mutex_; jobs live on their callers' stacks
  bool stopping_ = false;   // guarded by mutex_
  std::thread thread_;
};

}  // namespace mkt
