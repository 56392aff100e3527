// BucketCounts: counts how many values fell between fixed bounds, as a histogram needs it.
//
// Bounds are upper bounds and belong to their bucket, as in Prometheus. One more bucket holds the
// values above the last bound. Thread-safe, without locks: a snapshot taken while others count may
// miss the newest values.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mkt {

struct BucketSnapshot {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;  // one more than bounds; not cumulative
  double sum = 0;                     // of all values
};

template <std::size_t N>
class BucketCounts {
 public:
  // Ascending; they must outlive this.
  explicit BucketCounts(const std::array<double, N>& bounds) : bounds_(bounds) {}

  void add(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  BucketSnapshot snapshot() const {
    BucketSnapshot s{{bounds_.begin(), bounds_.end()}, {}, sum_.load(std::memory_order_relaxed)};
    for (const auto& count : counts_) s.counts.push_back(count.load(std::memory_order_relaxed));
    return s;
  }

 private:
  const std::array<double, N>& bounds_;
  std::array<std::atomic<std::uint64_t>, N + 1> counts_{};
  std::atomic<double> sum_{0};
};

}  // namespace mkt
