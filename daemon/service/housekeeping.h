// Housekeeping: what has to happen because time passes. Requests that are overdue expire, answers
// kept for retries are forgotten.
//
// One thread, joined by the destructor. Nothing depends on its being punctual: what is overdue
// counts as such from its moment on, whoever asks.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/service/marketplace.h"

namespace mkt {

class Housekeeping {
 public:
  explicit Housekeeping(const Marketplace& market);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

 private:
  void work();
  bool stopping();
  template <typename Step>
  void until_nothing_is_left(Step step);  // or this is to stop

  const Marketplace& market_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace mkt
