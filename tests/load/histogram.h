// Histogram: any number of latencies in constant memory, every percentile to within 0.4 %.
//
// Log-linear, after Gil Tene's HdrHistogram: each doubling of the value is divided into 256 equal
// buckets, so the error is a part of the value, not a fixed width. From a nanosecond to two
// minutes; what is longer counts as two minutes in the percentiles and as itself in max().
// A value; use from one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace mkt::load {

class Histogram {
 public:
  using Duration = std::chrono::nanoseconds;

  void record(Duration value);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  Duration min() const { return count_ == 0 ? Duration(0) : min_; }
  Duration max() const { return max_; }
  Duration mean() const;
  // The value that `percent` of all do not exceed: 50, 99, 99.9. Zero where there are none.
  Duration percentile(double percent) const;

 private:
  std::vector<std::uint64_t> buckets_;  // grown to the largest value seen
  std::uint64_t count_ = 0;
  Duration min_ = Duration::max();
  Duration max_{0};
  double sum_ = 0;
};

inline double in_ms(Histogram::Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace mkt::load
