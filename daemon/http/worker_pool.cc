// A queue and its threads; see worker_pool.h.
#include "daemon/http/worker_pool.h"

namespace mkt {

WorkerPool::WorkerPool(unsigned threads, std::size_t max_waiting,
                       std::chrono::milliseconds max_wait)
    : max_threads_(threads), max_waiting_(max_waiting), max_wait_(max_wait) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  // Nobody submits any more: no thread is added.
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::submit(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= max_waiting_) return false;
    queue_.push_back({std::move(work), Clock::now()});
    if (idle_ < queue_.size() && threads_.size() < max_threads_) {
      threads_.emplace_back([this] { this->work(); });
    }
  }
  wake_.notify_one();
  return true;
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void WorkerPool::work() {
  for (;;) {
    Waiting next;
    {
      std::unique_lock lock(mutex_);
      ++idle_;
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      --idle_;
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    const bool late = Clock::now() - next.since > max_wait_;
    (late ? next.work.expire : next.work.run)();
  }
}

}  // namespace mkt
