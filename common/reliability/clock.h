// Clock: time, waiting and chance, as a parameter of everything that retries, breaks or limits.
//
// Programs use system_clock(). Tests use a clock whose time they set, and never sleep.
// Implementations are thread-safe.
#pragma once

#include <chrono>
#include <stop_token>

namespace mkt {

class Clock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  // Monotonic: never goes back, and has no dates.
  virtual TimePoint now() const = 0;
  // Returns true after that time, or false at once when `stop` is requested.
  virtual bool sleep(std::chrono::milliseconds time, std::stop_token stop) = 0;
  // Uniform in [0, 1).
  virtual double random() = 0;
};

// The machine's monotonic clock, real sleep, and a generator seeded by the system for each thread.
Clock& system_clock();

}  // namespace mkt
