#include "daemon/limits/sliding_window.h"

#include <algorithm>

namespace mkt {
namespace {

constexpr std::uint32_t kFirstCapacity = 4;
// A slice has three cells: start, count, last request.
constexpr std::uint32_t kCells = 3;
// The window's slices, one that has just begun, and one about to leave.
constexpr std::uint32_t kSliceCells = kCells * (LimitStore::kSlices + 2);

// The time from `then` to `now`, modulo 2^32; negative where `then` is later.
std::int32_t age(std::uint32_t now, std::uint32_t then) {
  return static_cast<std::int32_t>(now - then);
}

std::uint32_t slice_of(const Limit& limit) {
  const auto window = static_cast<std::uint32_t>(limit.window.count());
  return std::max<std::uint32_t>(1, (window + LimitStore::kSlices - 1) / LimitStore::kSlices);
}

}  // namespace

void SlidingWindow::shape(const Limit& limit) {
  const std::uint32_t slice = limit.requests > LimitStore::kMaxLogged ? slice_of(limit) : 0;
  if (slice == slice_ms_) return;
  *this = SlidingWindow();
  slice_ms_ = slice;
}

void SlidingWindow::expire(const Limit& limit, std::uint32_t now) {
  const auto window = static_cast<std::int32_t>(limit.window.count());
  const std::uint16_t step = logged() ? 1 : kCells;
  while (filled_ > 0) {
    // A slice leaves with its last request.
    if (age(now, oldest()) < window) break;
    used_ -= logged() ? 1 : at(1);
    head_ = static_cast<std::uint16_t>((head_ + step) % capacity_);
    filled_ = static_cast<std::uint16_t>(filled_ - step);
  }
}

void SlidingWindow::add_to_log(const Limit& limit, std::uint32_t came) {
  if (filled_ == capacity_) {
    const std::uint32_t wanted = std::max<std::uint32_t>(kFirstCapacity, capacity_ * 2U);
    const std::uint32_t size = std::max(std::min(wanted, limit.requests), filled_ + 1U);
    auto larger = std::make_unique<std::uint32_t[]>(size);
    for (std::uint32_t i = 0; i < filled_; ++i) larger[i] = at(i);
    cells_ = std::move(larger);
    capacity_ = static_cast<std::uint16_t>(size);
    head_ = 0;
  }
  at(filled_++) = came;
  ++used_;
}

void SlidingWindow::add(const Limit& limit, std::uint32_t came, std::uint32_t count) {
  if (logged()) {
    for (std::uint32_t i = 0; i < count; ++i) add_to_log(limit, came);
    return;
  }
  if (!cells_) {
    cells_ = std::make_unique<std::uint32_t[]>(kSliceCells);
    capacity_ = kSliceCells;
  }
  const bool goes_on =
      filled_ > 0 && age(came, at(filled_ - kCells)) < static_cast<std::int32_t>(slice_ms_);
  if (!goes_on) {
    at(filled_) = came;
    at(filled_ + 1U) = 0;
    filled_ = static_cast<std::uint16_t>(filled_ + kCells);
  }
  at(filled_ - 2U) += count;
  at(filled_ - 1U) = came;
  used_ += count;
}

LimitDecision SlidingWindow::describe(const Limit& limit, std::uint32_t now,
                                      std::uint32_t most) const {
  LimitDecision decision;
  decision.limit = limit;
  decision.remaining = most - std::min(most, used_);
  if (filled_ > 0) decision.reset = limit.window - std::chrono::milliseconds(age(now, oldest()));
  return decision;
}

LimitDecision SlidingWindow::check(const Limit& limit, Moment at, std::uint32_t most) {
  shape(limit);
  expire(limit, at.now);
  const bool allowed = used_ < most;
  if (allowed) add(limit, at.came, 1);
  LimitDecision decision = describe(limit, at.now, most);
  decision.allowed = allowed;
  return decision;
}

LimitDecision SlidingWindow::peek(const Limit& limit, Moment at, std::uint32_t most) {
  shape(limit);
  expire(limit, at.now);
  LimitDecision decision = describe(limit, at.now, most);
  decision.allowed = used_ < most;
  return decision;
}

void SlidingWindow::raise_to(std::uint32_t used, const Limit& limit, Moment at) {
  shape(limit);
  expire(limit, at.now);
  used = std::min(used, limit.requests);
  if (used > used_) add(limit, at.came, used - used_);
}

}  // namespace mkt
