// A queue and its threads; see worker_pool.h.
#include "daemon/http/worker_pool.h"

namespace mkt {

WorkerPool::WorkerPool(unsigned threads, std::size_t max_waiting,
                       std::chrono::milliseconds max_wait)
    : max_waiting_(max_waiting), max_wait_(max_wait) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::submit(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= max_waiting_) return false;
    queue_.push_back({std::move(work), Clock::now()});
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::work() {
  for (;;) {
    Waiting next;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    const bool late = Clock::now() - next.since > max_wait_;
    (late ? next.work.expire : next.work.run)();
  }
}

}  // namespace mkt
