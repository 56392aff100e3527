// LongWait: tells the pool that this thread belongs to that it waits for another machine, perhaps
// for seconds. The pool may then run other work beside it, in a thread more, so that those who wait
// for one slow thing do not stop everything else. In a thread of no pool it does nothing.
//
// Whoever begins a LongWait bounds how many threads do so at once. It belongs to one thread; a
// nested one does nothing more.
#pragma once

#include <utility>

namespace mkt {

class LongWait {
 public:
  // A pool whose threads may wait so.
  class Host {
   public:
    virtual void thread_waits() = 0;
    virtual void thread_goes_on() = 0;

   protected:
    ~Host() = default;
  };

  LongWait() : host_(std::exchange(of_thread_, nullptr)) {
    if (host_ != nullptr) host_->thread_waits();
  }
  ~LongWait() {
    if (host_ == nullptr) return;
    host_->thread_goes_on();
    of_thread_ = host_;
  }
  LongWait(const LongWait&) = delete;
  LongWait& operator=(const LongWait&) = delete;

  // For a pool: this thread is one of its own.
  static void set_host_of_thread(Host* host) { of_thread_ = host; }

 private:
  static inline thread_local Host* of_thread_ = nullptr;
  Host* host_;
};

}  // namespace mkt
