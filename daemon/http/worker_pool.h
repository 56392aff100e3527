// WorkerPool: threads that take work from a bounded queue.
//
// A thread is started when there is work and no thread is idle, up to the bound, and then kept.
// Work that has waited too long is not begun but expires, also while every thread is busy; so
// somebody must call expire_late from time to time.
//
// While more work arrives than can be done, a long queue only makes everything slower. So work that
// would wait longer than `longest_wait` is refused at once. The time is estimated from how long the
// work taken last had waited, for its place in the queue. So a slow queue stays short, and a queue
// in which nobody had to wait takes a whole burst.
//
// A thread in a LongWait (common/base/long_wait.h) does not count for the bound: another one works
// in its place.
//
// Thread-safe. The destructor lets the work in progress finish and joins the threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/long_wait.h"

namespace mkt {

class WorkerPool final : private LongWait::Host {
 public:
  using Clock = std::chrono::steady_clock;
  struct Work {
    std::function<void()> run;
    std::function<void()> expire;  // called instead, after a wait longer than max_wait
  };

  // The threads' name is for those who watch the process; at most 15 characters. `now` is the time
  // that what waits is measured by; any thread calls it.
  WorkerPool(const char* name, unsigned threads, std::size_t max_waiting,
             std::chrono::milliseconds max_wait,
             std::chrono::milliseconds longest_wait = std::chrono::hours(1),
             std::function<Clock::time_point()> now = Clock::now);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False where max_waiting wait already, or where it would wait longer than longest_wait.
  bool submit(Work work);

  // Expires, in the calling thread, what has waited for longer than max_wait.
  void expire_late(Clock::time_point now);

  // How much work no thread has begun.
  std::size_t waiting() const;

 private:
  struct Waiting {
    Work work;
    Clock::time_point since;
    std::int64_t place;  // in the queue when it came; the first is 1
  };
  void work();
  void thread_waits() override;
  void thread_goes_on() override;
  // With the lock held: whether more of the queue may be worked on.
  bool may_begin() const { return working_ < max_threads_ && !queue_.empty(); }
  // Where the system gives no thread, those that are there do the work.
  void add_thread_for_queue() noexcept;

  const char* const name_;
  const unsigned max_threads_;  // that work at once
  const std::size_t max_waiting_;
  const std::chrono::milliseconds max_wait_;
  const std::chrono::milliseconds longest_wait_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> queue_;         // guarded by mutex_
  Clock::duration time_a_place_{0};   // guarded by mutex_; last waits per place, smoothed
  std::size_t idle_ = 0;              // guarded by mutex_
  std::size_t working_ = 0;           // guarded by mutex_; not those in a LongWait
  bool stopping_ = false;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace mkt
