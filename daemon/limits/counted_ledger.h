// CountedLedger: the requests that this daemon let through and that are still in their window.
//
// They are what Redis must know of this daemon. Redis may lose them, and some it never had, since
// it was away; so they are kept here, in the form in which Redis counts them: of a log each request
// with a number of its own, of slices how many were counted in each. Whatever is told twice in this
// form counts once.
//
// Beyond kMaxParts, requests of keys that were not asked for the longest leave, and are forgiven.
// Half a million take some 20 MB. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/limits/limit.h"

namespace mkt {

// A request, or a slice of the window.
struct CountedPart {
  std::uint64_t number;
  std::uint32_t count;
  std::chrono::steady_clock::time_point last;  // when its last request came
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

  // One more request, in the part of this number.
  void count(const LimitKey& key, const Limit& limit, std::uint64_t part, TimePoint at);
  void forget(const LimitKey& key);
  std::vector<CountedKey> in_window(TimePoint now) const;

 private:
  using Keys = std::unordered_map<std::string, CountedKey>;
  // Two of them: what the older holds and is not asked for leaves when the younger takes its place.
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
  std::chrono::milliseconds longest_{0};  // of the windows
};

}  // namespace mkt
