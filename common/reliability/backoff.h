// Backoff: how long to wait before trying again, and how often.
//
// The delay before retry k (0 is the first) grows as first · factor^k up to `longest`. It is then
// spread at random, so that clients that failed together do not come back together: over [d −
// jitter·d, d + jitter·d], or over [0, d] with full jitter ("Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015). No delay is ever above `longest`. A value; thread-safe.
#pragma once

#include <chrono>

namespace mkt {

struct Backoff {
  int attempts = 3;  // in all: the first one and the retries
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds longest{10'000};
  double factor = 2;
  double jitter = 0.1;       // 0 to 1, as a part of the delay
  bool full_jitter = false;  // instead of `jitter`

  // `random` in [0, 1) selects the delay within the spread.
  std::chrono::milliseconds delay(int retry, double random) const;

  // Presets. Somebody is waiting at a terminal:
  static constexpr Backoff fast();
  // The usual case:
  static constexpr Backoff standard();
  // Work in the background that nobody waits for:
  static constexpr Backoff patient();
  // The call must get through soon:
  static constexpr Backoff aggressive();
};

constexpr Backoff Backoff::fast() {
  return {3, std::chrono::milliseconds(100), std::chrono::seconds(1), 2, 0.1, false};
}
constexpr Backoff Backoff::standard() {
  return {3, std::chrono::seconds(1), std::chrono::seconds(10), 2, 0.1, false};
}
constexpr Backoff Backoff::patient() {
  return {5, std::chrono::seconds(2), std::chrono::seconds(60), 2, 0.2, false};
}
constexpr Backoff Backoff::aggressive() {
  return {10, std::chrono::milliseconds(500), std::chrono::seconds(30), 1.5, 0.3, false};
}

}  // namespace mkt
