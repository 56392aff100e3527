// MemoryLease: until when this daemon may answer from memory, where other daemons change the store
// too (cluster/lease.h). Who keeps what was read from the store asks before it uses it again.
//
// Thread-safe. The clock is the system's coarse monotonic one: a few milliseconds late at most, for
// a few nanoseconds a look.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

namespace mkt {

class MemoryLease {
 public:
  // Milliseconds.
  static std::int64_t now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
  }

  // Milliseconds until it ends; 0 where it does not hold.
  std::int64_t left() const {
    const std::int64_t end = end_.load(std::memory_order_acquire), time = now();
    return time < end ? end - time : 0;
  }
  bool holds() const { return now() < end_.load(std::memory_order_acquire); }
  void set_end(std::int64_t end) { end_.store(end, std::memory_order_release); }

 private:
  std::atomic<std::int64_t> end_ = 0;
};

}  // namespace mkt
