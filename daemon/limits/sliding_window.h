// SlidingWindow: the requests of one key that were let through, as small as can be.
//
// Up to LimitStore::kMaxLogged requests a limit is kept as the times of the requests themselves,
// four bytes each; above, as slices of the window, each with a count and the time of its last
// request. Times are milliseconds of whatever
// clock, modulo 2^32: whoever keeps windows drops them before half of that has passed, 24 days.
// A request counts from when it came, rounded up, until exactly the window later, so that rounding
// never lets one more through. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>

#include "daemon/limits/limit.h"

namespace mkt {

class SlidingWindow {
 public:
  // `came` is the present rounded up to the next millisecond, `now` rounded down.
  struct Moment {
    std::uint32_t now;
    std::uint32_t came;
  };

  LimitDecision check(const Limit& limit, Moment at) { return check(limit, at, limit.requests); }
  // The same, allowing at most `most` of the limit.
  LimitDecision check(const Limit& limit, Moment at, std::uint32_t most);
  LimitDecision peek(const Limit& limit, Moment at) { return peek(limit, at, limit.requests); }
  LimitDecision peek(const Limit& limit, Moment at, std::uint32_t most);
  // Raises the count to `used`, where another counter has seen more.
  void raise_to(std::uint32_t used, const Limit& limit, Moment at);

 private:
  // Of the form that this limit wants; what the other form held is forgotten.
  void shape(const Limit& limit);
  void expire(const Limit& limit, std::uint32_t now);
  void add(const Limit& limit, std::uint32_t came, std::uint32_t count);
  void add_to_log(const Limit& limit, std::uint32_t came);
  LimitDecision describe(const Limit& limit, std::uint32_t now, std::uint32_t most) const;
  // The last request of the oldest cells.
  std::uint32_t oldest() const { return logged() ? at(0) : at(2); }

  bool logged() const { return slice_ms_ == 0; }
  std::uint32_t& at(std::uint32_t i) const {
    std::uint32_t place = head_ + i;
    if (place >= capacity_) place -= capacity_;
    return cells_[place];
  }

  // A ring. A log: the time of each request. Slices: each its start, count and last request.
  std::unique_ptr<std::uint32_t[]> cells_;
  std::uint32_t used_ = 0;      // requests counted
  std::uint32_t slice_ms_ = 0;  // 0: a log
  std::uint16_t capacity_ = 0;  // of cells
  std::uint16_t head_ = 0;
  std::uint16_t filled_ = 0;  // cells
};

}  // namespace mkt
