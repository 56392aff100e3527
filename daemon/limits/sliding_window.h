// SlidingWindow: the allowed requests of one key, in as little memory as possible.
//
// For a limit of up to LimitStore::kMaxLogged requests, it keeps the times of the requests, four
// bytes each. Above that, it keeps slices of the window, each with a count and the time of its last
// request. Times are milliseconds of any clock, modulo 2^32; the owner must drop a window before
// half of that has passed, 24 days. A request counts from its arrival, rounded up, until exactly
// one window later, so rounding never allows an extra request. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>

#include "daemon/limits/limit.h"

namespace mkt {

class SlidingWindow {
 public:
  // `came` is the present time rounded up to the next millisecond, `now` is rounded down.
  struct Moment {
    std::uint32_t now;
    std::uint32_t came;
  };

  LimitDecision check(const Limit& limit, Moment at) { return check(limit, at, limit.requests); }
  // The same, but with at most `most` requests allowed.
  LimitDecision check(const Limit& limit, Moment at, std::uint32_t most);
  LimitDecision peek(const Limit& limit, Moment at) { return peek(limit, at, limit.requests); }
  LimitDecision peek(const Limit& limit, Moment at, std::uint32_t most);
  // Raises the count to `used`, where another counter has counted more.
  void raise_to(std::uint32_t used, const Limit& limit, Moment at);

 private:
  // Takes the form that this limit needs; what the other form held is forgotten.
  void shape(const Limit& limit);
  void expire(const Limit& limit, std::uint32_t now);
  void add(const Limit& limit, std::uint32_t came, std::uint32_t count);
  void add_to_log(const Limit& limit, std::uint32_t came);
  LimitDecision describe(const Limit& limit, std::uint32_t now, std::uint32_t most) const;
  // The time of the last request in the oldest cells.
  std::uint32_t oldest() const { return logged() ? at(0) : at(2); }

  bool logged() const { return slice_ms_ == 0; }
  std::uint32_t& at(std::uint32_t i) const {
    std::uint32_t place = head_ + i;
    if (place >= capacity_) place -= capacity_;
    return cells_[place];
  }

  // A ring. For a log, the time of each request; for slices, the start, count and last request of
  // each.
  std::unique_ptr<std::uint32_t[]> cells_;
  std::uint32_t used_ = 0;      // requests counted
  std::uint32_t slice_ms_ = 0;  // 0: a log
  std::uint16_t capacity_ = 0;  // in cells
  std::uint16_t head_ = 0;
  std::uint16_t filled_ = 0;  // in cells
};

}  // namespace mkt
