// Housekeeping: does what is due because time passes. It expires overdue requests, removes old
// answers to retries, and withdraws prereleases that are no longer kept.
//
// Where several daemons share a store, one of them at a time does it: the one that has the job
// "housekeeping" (store/jobs.h).
//
// One thread; the destructor joins it. Nothing depends on its being punctual: readers treat what is
// overdue as expired from that moment on.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/service/marketplace.h"
#include "daemon/service/retention.h"

namespace mkt {

class Housekeeping {
 public:
  // `keep` as in retention.h.
  explicit Housekeeping(
      const Marketplace& market, Retention::Keep keep = [] { return std::size_t{0}; });
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

 private:
  void work();
  bool stopping();
  template <typename Step>
  void until_nothing_is_left(Step step);  // or until this has to stop

  const Marketplace& market_;
  const std::unique_ptr<JobLease> job_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  Retention retention_;    // of the thread
  std::thread thread_;
};

}  // namespace mkt
