// CountedLedger: the requests that this daemon allowed and that are still in their window.
//
// Redis must know them. It may lose them, and those allowed during an outage never reached it. So
// they are also kept here, in the form in which Redis counts them: for a log each request with a
// number of its own, for slices the count of each slice. In this form, what is sent to Redis twice
// counts once.
//
// Beyond kMaxParts parts, the requests of the keys used longest ago are dropped and no longer
// count. Half a million take some 20 MB. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/limits/limit.h"

namespace mkt {

// One request, or one slice of the window.
struct CountedPart {
  std::uint64_t number;
  std::uint32_t count;
  std::chrono::steady_clock::time_point last;  // time of its last request
};

struct CountedKey {
  LimitKey key;
  Limit limit;
  std::vector<CountedPart> parts;  // oldest first
};

class CountedLedger {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMaxParts = 500'000;

  explicit CountedLedger(std::size_t most_parts = kMaxParts) : most_parts_(most_parts) {}

  // Counts one more request, in the part with this number.
  void count(const LimitKey& key, const Limit& limit, std::uint64_t part, TimePoint at);
  void forget(const LimitKey& key);
  std::vector<CountedKey> in_window(TimePoint now) const;

 private:
  using Keys = std::unordered_map<std::string, CountedKey>;
  // Two generations: when the younger replaces the older, what is only in the older is dropped.
  struct Generation {
    Keys keys;
    std::size_t parts = 0;
  };

  CountedKey& find(const LimitKey& key, const Limit& limit, TimePoint now);
  void age(const Limit& limit, TimePoint now);

  const std::size_t most_parts_;
  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  Generation young_;
  Generation old_;
  TimePoint young_since_{};
  std::chrono::milliseconds longest_{0};  // the longest window
};

}  // namespace mkt
