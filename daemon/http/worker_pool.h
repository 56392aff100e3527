// WorkerPool: threads that take work from a bounded queue.
//
// A thread is started when there is work and none is idle, up to the bound, and then kept. What
// waited too long is not begun but expires, also while every thread is busy: somebody must call
// expire_late now and then.
//
// While more comes than can be done, a long queue only adds to how long everything takes. So
// nothing is added to a queue that what comes would wait in for longer than `longest_wait`: it is
// refused at once. How long that is follows from how long what was taken last had waited, in its
// place: a queue that moves slowly is kept short, one that nobody was seen to wait in takes a burst
// whole.
//
// Thread-safe; the destructor lets what has begun finish, and joins.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mkt {

class WorkerPool {
 public:
  using Clock = std::chrono::steady_clock;
  struct Work {
    std::function<void()> run;
    std::function<void()> expire;  // instead, when it waited longer than max_wait
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

  // False when max_waiting wait already, or it would wait for longer than longest_wait.
  bool submit(Work work);

  // Expires, in the calling thread, what has waited for longer than max_wait.
  void expire_late(Clock::time_point now);

  // What nobody works on yet.
  std::size_t waiting() const;

 private:
  struct Waiting {
    Work work;
    Clock::time_point since;
    std::int64_t place;  // when it came; the first is 1
  };
  void work();

  const char* const name_;
  const unsigned max_threads_;
  const std::size_t max_waiting_;
  const std::chrono::milliseconds max_wait_;
  const std::chrono::milliseconds longest_wait_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> queue_;         // guarded by mutex_
  Clock::duration time_a_place_{0};   // guarded by mutex_; of what was taken last, smoothed
  std::size_t idle_ = 0;              // guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace mkt
