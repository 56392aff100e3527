#include "common/reliability/circuit_breaker.h"

#include <algorithm>

namespace mkt {
namespace {

using std::chrono::milliseconds;

constexpr double kRampStart = 0.1;

milliseconds between(Clock::TimePoint from, Clock::TimePoint to) {
  return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(to - from));
}

BreakerState state_of_kind(std::uint64_t kind, std::uint64_t open, std::uint64_t half_open) {
  if (kind == open) return BreakerState::open;
  return kind == half_open ? BreakerState::half_open : BreakerState::closed;
}

}  // namespace

std::string_view breaker_state_name(BreakerState state) {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half-open";
  }
  return "";
}

CircuitBreaker::CircuitBreaker(std::string name, const BreakerOptions& options, Clock& clock)
    : name_(std::move(name)), options_(options), clock_(clock), since_(clock.now()) {}

BreakerState CircuitBreaker::state() const {
  return state_of_kind(word_.load(std::memory_order_acquire) & kKindMask, kOpen, kHalfOpen);
}

milliseconds CircuitBreaker::retry_after() const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t kind = word_.load() & kKindMask;
  if (kind == kHalfOpen) return probing_ ? between(clock_.now(), lease_until_) : milliseconds(0);
  if (kind != kOpen) return milliseconds(0);
  if (by_hand_) return options_.longest_open;
  // Rounded up: a caller that comes a millisecond too early would be refused.
  return between(clock_.now(), open_until_ + milliseconds(1) - Clock::TimePoint::duration(1));
}

std::optional<CircuitBreaker::Permit> CircuitBreaker::acquire_slowly(bool may_probe) {
  std::vector<Change> changes;
  std::optional<Permit> permit;
  {
    const std::lock_guard lock(mutex_);
    const Clock::TimePoint now = clock_.now();
    expire_lease(now, changes);
    end_ramp(now);
    const std::uint64_t kind = word_.load() & kKindMask;
    if (kind == kClosed || (kind == kRamping && passes_ramp(now))) {
      permit.emplace(Permit(this, word_.load()));
    } else if (may_probe && kind == kOpen && !by_hand_ && now >= open_until_) {
      probe_successes_ = 0;
      change(kHalfOpen, "time for a probe", changes);
    }
    if (!permit && may_probe && (word_.load() & kKindMask) == kHalfOpen && !probing_) {
      // Each probe gets a new generation: once its lease is over, what it reports is ignored.
      word_.store(word_.load() + (kKindMask + 1));
      probing_ = true;
      lease_until_ = now + options_.lease;
      permit.emplace(Permit(this, word_.load()));
    }
  }
  if (!permit) refused_.fetch_add(1, std::memory_order_relaxed);
  tell(changes);
  return permit;
}

void CircuitBreaker::succeeded(std::uint64_t generation) {
  successes_.fetch_add(1, std::memory_order_relaxed);
  if (!is_current(generation)) return;
  const bool is_probe = (generation & kKindMask) == kHalfOpen;
  if (!is_probe) {
    if (consecutive_.load(std::memory_order_relaxed) != 0) {
      consecutive_.store(0, std::memory_order_relaxed);
    }
    if (options_.least_rate <= 0) return;
  }
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    if (!is_current(generation)) return;
    const Clock::TimePoint now = clock_.now();
    count_call(now);
    if (is_probe) {
      probing_ = false;
      if (++probe_successes_ >= options_.successes) {
        ramp_from_ = now;
        ramp_until_ = now + options_.ramp;
        change(options_.ramp.count() > 0 ? kRamping : kClosed, "the probes succeeded", changes);
      }
    }
  }
  tell(changes);
}

void CircuitBreaker::failed(std::uint64_t generation, std::string_view cause) {
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    ++failures_;
    causes_.emplace_back(cause);
    if (causes_.size() > kMaxCauses) causes_.pop_front();
    if (!is_current(generation)) return;
    const Clock::TimePoint now = clock_.now();
    count_call(now);
    consecutive_.fetch_add(1, std::memory_order_relaxed);
    recent_failures_.push_back(now);
    while (recent_failures_.size() > static_cast<std::size_t>(options_.failures)) {
      recent_failures_.pop_front();
    }
    probing_ = false;
    if ((generation & kKindMask) == kHalfOpen || should_open(now)) open(now, cause, changes);
  }
  tell(changes);
}

void CircuitBreaker::cancelled(std::uint64_t generation) {
  if ((generation & kKindMask) != kHalfOpen) return;
  const std::lock_guard lock(mutex_);
  if (is_current(generation)) probing_ = false;
}

bool CircuitBreaker::should_open(Clock::TimePoint now) {
  if (consecutive_.load(std::memory_order_relaxed) >= options_.consecutive) return true;
  if (recent_failures_.size() < static_cast<std::size_t>(options_.failures)) return false;
  if (now - recent_failures_.front() > options_.window) return false;
  if (options_.least_rate <= 0) return true;
  const auto in_window = static_cast<double>(
      std::count_if(recent_failures_.begin(), recent_failures_.end(),
                    [&](Clock::TimePoint at) { return now - at <= options_.window; }));
  return in_window >= options_.least_rate * static_cast<double>(calls_in_window(now));
}

void CircuitBreaker::count_call(Clock::TimePoint now) {
  if (options_.least_rate <= 0) return;
  const auto width = options_.window / static_cast<int>(kSlices);
  const std::int64_t at = now.time_since_epoch() / width;
  Slice& slice = slices_[static_cast<std::size_t>(at) % kSlices];
  if (slice.at != at) slice = {at, 0};
  ++slice.calls;
}

std::uint64_t CircuitBreaker::calls_in_window(Clock::TimePoint now) const {
  const auto width = options_.window / static_cast<int>(kSlices);
  const std::int64_t last = now.time_since_epoch() / width;
  std::uint64_t calls = 0;
  for (const Slice& slice : slices_) {
    if (slice.at >= 0 && last - slice.at < static_cast<std::int64_t>(kSlices)) calls += slice.calls;
  }
  return calls;
}

void CircuitBreaker::open(Clock::TimePoint now, std::string_view cause,
                          std::vector<Change>& changes) {
  const bool was_closed = (word_.load() & kKindMask) != kHalfOpen;
  if (was_closed && now - since_ >= options_.window) opened_in_a_row_ = 0;
  milliseconds time = options_.open_for;
  for (int i = 0; i < opened_in_a_row_ && time < options_.longest_open; ++i) time *= 2;
  time = std::min(time, std::max(options_.longest_open, options_.open_for));
  const double spread = 1 + options_.jitter * (2 * clock_.random() - 1);
  open_until_ = now + std::chrono::duration_cast<Clock::TimePoint::duration>(time * spread);
  ++opened_in_a_row_;
  ++opened_;
  change(kOpen, cause, changes);
}

void CircuitBreaker::expire_lease(Clock::TimePoint now, std::vector<Change>& changes) {
  if ((word_.load() & kKindMask) != kHalfOpen || !probing_ || now < lease_until_) return;
  probing_ = false;
  ++failures_;
  open(now, "a probe did not come back", changes);
}

void CircuitBreaker::end_ramp(Clock::TimePoint now) {
  const std::uint64_t word = word_.load();
  // The generation stays the same, so permits from the ramp still count.
  if ((word & kKindMask) == kRamping && now >= ramp_until_) word_.store(word - kRamping);
}

bool CircuitBreaker::passes_ramp(Clock::TimePoint now) {
  const double part = std::chrono::duration<double>(now - ramp_from_) /
                      std::chrono::duration<double>(options_.ramp);
  return clock_.random() < kRampStart + (1 - kRampStart) * part;
}

void CircuitBreaker::change(std::uint64_t kind, std::string_view cause,
                            std::vector<Change>& changes) {
  const BreakerState from = state();
  const std::uint64_t generation = (word_.load() | kKindMask) + 1;
  word_.store(generation | kind, std::memory_order_release);
  since_ = clock_.now();
  probing_ = false;
  if (kind == kClosed || kind == kRamping) {
    consecutive_.store(0, std::memory_order_relaxed);
    recent_failures_.clear();
    slices_ = {};
    by_hand_ = false;
  }
  if (from != state()) changes.push_back({from, state(), std::string(cause)});
}

void CircuitBreaker::trip(std::string_view cause) {
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    open(clock_.now(), cause, changes);
    by_hand_ = true;
  }
  tell(changes);
}

void CircuitBreaker::reset() {
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    opened_in_a_row_ = 0;
    change(kClosed, "reset by hand", changes);
  }
  tell(changes);
}

void CircuitBreaker::add_listener(Listener listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void CircuitBreaker::tell(const std::vector<Change>& changes) {
  if (changes.empty()) return;
  std::vector<Listener> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = listeners_;
  }
  for (const Change& change : changes) {
    for (const Listener& listener : listeners) listener(change);
  }
}

CircuitBreaker::Snapshot CircuitBreaker::snapshot() const {
  Snapshot s;
  s.name = name_;
  s.state = state();
  if (s.state != BreakerState::closed) s.retry_after = retry_after();
  s.successes = successes_.load(std::memory_order_relaxed);
  s.refused = refused_.load(std::memory_order_relaxed);
  s.consecutive = consecutive_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  s.by_hand = by_hand_;
  s.since = between(since_, clock_.now());
  s.failures = failures_;
  s.opened = opened_;
  s.causes.assign(causes_.begin(), causes_.end());
  return s;
}

}  // namespace mkt
