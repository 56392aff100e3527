#include "daemon/http/worker_pool.h"

#include <pthread.h>

#include <exception>

namespace mkt {

WorkerPool::WorkerPool(const char* name, unsigned threads, std::size_t max_waiting,
                       std::chrono::milliseconds max_wait, std::chrono::milliseconds longest_wait,
                       std::function<Clock::time_point()> now)
    : name_(name),
      max_threads_(threads),
      max_waiting_(max_waiting),
      max_wait_(max_wait),
      longest_wait_(longest_wait),
      now_(std::move(now)) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  // Nobody submits any more, so no thread is added.
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::submit(Work work) {
  {
    const auto now = now_();
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= max_waiting_) return false;
    const auto place = static_cast<std::int64_t>(queue_.size()) + 1;
    // As many as there are threads may always wait: the slow times seen while a disk stood still
    // must not keep away the work that would show that it works again.
    if (place > max_threads_ && time_a_place_ * place > longest_wait_) return false;
    queue_.push_back({std::move(work), now, place});
    add_thread_for_queue();
    if (threads_.empty()) {
      queue_.pop_back();
      return false;
    }
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::add_thread_for_queue() noexcept {
  if (idle_ >= queue_.size() || idle_ + working_ >= max_threads_) return;
  try {
    threads_.emplace_back([this] { work(); });
    ++idle_;  // from now on, so that nobody adds one more for the same work
  } catch (const std::exception&) {
    // Also of those that wait: they come back.
  }
}

void WorkerPool::thread_waits() {
  {
    const std::lock_guard lock(mutex_);
    --working_;
    if (!stopping_) add_thread_for_queue();
  }
  wake_.notify_one();
}

void WorkerPool::thread_goes_on() {
  const std::lock_guard lock(mutex_);
  ++working_;  // for a while perhaps beyond the bound: it is nearly done
}

void WorkerPool::expire_late(Clock::time_point now) {
  std::vector<Work> late;
  {
    const std::lock_guard lock(mutex_);
    while (!queue_.empty() && now - queue_.front().since > max_wait_) {
      late.push_back(std::move(queue_.front().work));
      queue_.pop_front();
    }
  }
  for (const Work& work : late) work.expire();
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void WorkerPool::work() {
  ::pthread_setname_np(::pthread_self(), name_);
  LongWait::set_host_of_thread(this);
  for (bool is_new = true;; is_new = false) {
    Waiting next;
    Clock::duration waited;
    {
      std::unique_lock lock(mutex_);
      if (!is_new) {
        --working_;
        ++idle_;
      }
      wake_.wait(lock, [this] { return stopping_ || may_begin(); });
      --idle_;
      if (queue_.empty()) return;
      ++working_;
      next = std::move(queue_.front());
      queue_.pop_front();
      waited = now_() - next.since;
      // An eighth of the newest: one that waited for a thread to wake up says little.
      time_a_place_ += (waited / next.place - time_a_place_) / 8;
    }
    const bool late = waited > max_wait_;
    (late ? next.work.expire : next.work.run)();
  }
}

}  // namespace mkt
