// WorkerPool: threads that take work from a bounded queue.
//
// A thread is started when there is work and none is idle, up to the bound, and then kept. What
// waited too long is not begun: whoever asked has been told to try again by then, or is gone.
// Thread-safe; the destructor lets what has begun finish, and joins.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mkt {

class WorkerPool {
 public:
  struct Work {
    std::function<void()> run;
    std::function<void()> expire;  // instead, when it waited longer than max_wait
  };

  WorkerPool(unsigned threads, std::size_t max_waiting, std::chrono::milliseconds max_wait);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when max_waiting wait already.
  bool submit(Work work);

  // What nobody works on yet.
  std::size_t waiting() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    Work work;
    Clock::time_point since;
  };
  void work();

  const unsigned max_threads_;
  const std::size_t max_waiting_;
  const std::chrono::milliseconds max_wait_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> queue_;         // guarded by mutex_
  std::size_t idle_ = 0;              // guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace mkt
