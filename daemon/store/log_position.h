// LogPosition: how far a daemon has heard of a log that other daemons write, too.
//
// So a client that was told of a change by one daemon can wait until another has heard of it. All
// numbers are those of the log's entries. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "common/base/in_progress.h"
#include "common/base/long_wait.h"
#include "common/base/turns.h"

namespace mkt {

class LogPosition {
 public:
  static constexpr int kMostWaiting = 64;

  // The watchers have been told of every entry up to this one.
  std::int64_t told() const { return told_.load(std::memory_order_acquire); }
  // The newest entry that this daemon was told or has written.
  std::int64_t newest() const { return std::max(told(), written_.load(std::memory_order_acquire)); }
  // Waits, at most so long, until the watchers have been told of that entry; false if they were
  // not.
  // At once where kMostWaiting wait already.
  bool wait_until_told(std::int64_t number, std::chrono::milliseconds at_most) const {
    const InProgress waiting(waiting_);
    if (waiting.count() > kMostWaiting) return false;
    const TurnPause pause;
    const LongWait long_wait;
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, at_most, [&] { return told() >= number; });
  }

  // For a Store. It may be a smaller number than before where the database has lost history.
  void set_told(std::int64_t number) {
    if (told() == number) return;
    {
      const std::lock_guard lock(mutex_);
      told_.store(number, std::memory_order_release);
    }
    changed_.notify_all();
  }
  void set_written(std::int64_t number) {
    std::int64_t before = written_.load(std::memory_order_relaxed);
    while (before < number && !written_.compare_exchange_weak(before, number)) {
    }
  }

 private:
  std::atomic<std::int64_t> told_ = 0;
  std::atomic<std::int64_t> written_ = 0;
  mutable std::atomic<int> waiting_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

}  // namespace mkt
