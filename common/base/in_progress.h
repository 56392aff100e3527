// InProgress: one of those that do something at the same time, for as long as it lives.
#pragma once

#include <atomic>

namespace mkt {

class InProgress {
 public:
  explicit InProgress(std::atomic<int>& all) : all_(all), count_(++all) {}
  ~InProgress() { --all_; }
  InProgress(const InProgress&) = delete;
  InProgress& operator=(const InProgress&) = delete;

  int count() const { return count_; }  // of all, with this one, when it began

 private:
  std::atomic<int>& all_;
  const int count_;
};

}  // namespace mkt
