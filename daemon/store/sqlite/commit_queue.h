// CommitQueue: commits many changes with one fsync.
//
// One thread owns the only writing connection (Debian's SQLite can damage a database whose WAL two
// connections write or checkpoint). It takes all queued changes, runs them one after another in one
// transaction, and commits. Each change has a savepoint of its own, so it can fail alone. Only
// after the commit do the callers continue. `run` may be called from any thread except the queue's
// own.
//
// After each commit, before the callers continue, `told` receives what the changes touched; it must
// not throw. A change that throws fails alone, with internal_error unless it throws SqlError. A
// commit that fails fails all its changes. A failed fsync is final, as nobody knows what is on the
// disk then: every later change is refused with storage_failed, `broken` returns true, and
// `when_broken` is called. The daemon exits, and its supervisor starts it again.
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

class CommitQueue {
 public:
  using Change = std::function<Status(Database&)>;
  using Told = std::function<void(const Touches&)>;

  explicit CommitQueue(std::unique_ptr<Database> writer, Told told = {});
  ~CommitQueue();  // finishes what is queued
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Returns when the change is durable or has failed. Reads `touches` after the commit, so the
  // change may still add to it.
  Status run(const Touches& touches, const Change& change);

  bool broken() const { return broken_; }
  // Sets a function to call once, from the queue's thread, when the store breaks; at once where it
  // is broken already. An empty function removes it and waits for a call in progress.
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
  std::unique_ptr<Database> writer_;  // only its thread uses it
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
