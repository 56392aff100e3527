// Rings of times and of slices; see sliding_window.h.
#include "daemon/limits/sliding_window.h"

#include <algorithm>

namespace mkt {
namespace {

constexpr std::uint32_t kFirstCapacity = 4;
// The window's slices, one that is begun, and one that is about to leave; two cells each.
constexpr std::uint32_t kSliceCells = 2 * (LimitStore::kSlices + 2);

// How long ago, modulo 2^32; negative for what is yet to come.
std::int32_t age(std::uint32_t now, std::uint32_t then) {
  return static_cast<std::int32_t>(now - then);
}

std::uint32_t slice_of(const Limit& limit) {
  const auto window = static_cast<std::uint32_t>(limit.window.count());
  return std::max<std::uint32_t>(1, (window + LimitStore::kSlices - 1) / LimitStore::kSlices);
}

}  // namespace

void SlidingWindow::shape(const Limit& limit) {
  const std::uint32_t slice = limit.requests > LimitStore::kMostLogged ? slice_of(limit) : 0;
  if (slice == slice_ms_) return;
  *this = SlidingWindow();
  slice_ms_ = slice;
}

void SlidingWindow::expire(const Limit& limit, std::uint32_t now) {
  const auto window = static_cast<std::int32_t>(limit.window.count());
  const std::uint16_t step = logged() ? 1 : 2;
  while (filled_ > 0) {
    // A slice leaves with the last request that it may hold.
    const std::uint32_t last = logged() ? at(0) : at(0) + slice_ms_ - 1;
    if (age(now, last) < window) break;
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
      filled_ > 0 && age(came, at(filled_ - 2U)) < static_cast<std::int32_t>(slice_ms_);
  if (!goes_on) {
    at(filled_) = came;
    at(filled_ + 1U) = 0;
    filled_ = static_cast<std::uint16_t>(filled_ + 2);
  }
  at(filled_ - 1U) += count;
  used_ += count;
}

std::uint32_t SlidingWindow::oldest_leaves(const Limit& limit) const {
  const std::uint32_t last = logged() ? at(0) : at(0) + slice_ms_ - 1;
  return last + static_cast<std::uint32_t>(limit.window.count());
}

LimitDecision SlidingWindow::describe(const Limit& limit, std::uint32_t now, bool allowed) const {
  LimitDecision decision;
  decision.allowed = allowed;
  decision.limit = limit;
  decision.remaining = limit.requests - std::min(limit.requests, used_);
  if (filled_ > 0) decision.reset = std::chrono::milliseconds(age(oldest_leaves(limit), now));
  return decision;
}

LimitDecision SlidingWindow::check(const Limit& limit, Moment at) {
  shape(limit);
  expire(limit, at.now);
  const bool allowed = used_ < limit.requests;
  if (allowed) add(limit, at.came, 1);
  return describe(limit, at.now, allowed);
}

LimitDecision SlidingWindow::peek(const Limit& limit, Moment at) {
  shape(limit);
  expire(limit, at.now);
  return describe(limit, at.now, used_ < limit.requests);
}

void SlidingWindow::raise_to(std::uint32_t used, const Limit& limit, Moment at) {
  shape(limit);
  expire(limit, at.now);
  used = std::min(used, limit.requests);
  if (used > used_) add(limit, at.came, used - used_);
}

}  // namespace mkt
