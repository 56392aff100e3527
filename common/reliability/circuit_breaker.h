// CircuitBreaker: stops calls to a dependency that fails, and finds out when it works again.
//
//   closed ──failures──▶ open ──time──▶ half-open ──successes──▶ closed
//                          ▲               │ failure, or no report within the lease
//                          └───────────────┘
//
// A caller takes a permit before a call and reports afterwards how the call went. A closed breaker
// gives a permit to everybody. It opens after `failures` failures within `window`, or after
// `consecutive` failures in a row, however slowly they come (a call a minute would never fill a
// window). For busy dependencies, `least_rate` of all calls must have failed too. An open breaker
// gives no permits for `open_for`; each failed probe doubles this time, up to `longest_open`. Then
// it is half-open and allows one probe at a time. Each probe has a lease, so a probe that never
// returns cannot block the breaker for ever. `successes` successful probes close it. After closing,
// it may allow only a growing part of the calls (`ramp`), so that not all who waited come at once.
//
// A permit dropped without a report does not count. A report on a permit from before the last
// change of state is ignored. After Nygard's "Release It!"; compared with Polly, resilience4j and
// failsafe.
//
// Thread-safe. While the breaker is closed, taking a permit and reporting success take no lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/reliability/clock.h"

namespace mkt {

enum class BreakerState { closed, open, half_open };
std::string_view breaker_state_name(BreakerState state);

struct BreakerOptions {
  int failures = 5;
  std::chrono::milliseconds window{60'000};
  int consecutive = 5;
  // The part of the calls within the window that must have failed too; 0: the number alone decides.
  double least_rate = 0;
  std::chrono::milliseconds open_for{30'000};
  std::chrono::milliseconds longest_open{30'000};
  double jitter = 0;  // of the open time, as a part of it, either way
  std::chrono::milliseconds lease{10'000};
  int successes = 2;
  std::chrono::milliseconds ramp{0};  // from a tenth of the calls to all of them
};

class CircuitBreaker {
 public:
  class Permit {
   public:
    Permit(Permit&& other) noexcept
        : breaker_(std::exchange(other.breaker_, nullptr)), generation_(other.generation_) {}
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (breaker_ != nullptr) breaker_->cancelled(generation_);
    }

    void success() { std::exchange(breaker_, nullptr)->succeeded(generation_); }
    void failure(std::string_view cause) {
      std::exchange(breaker_, nullptr)->failed(generation_, cause);
    }

   private:
    friend class CircuitBreaker;
    Permit(CircuitBreaker* breaker, std::uint64_t generation)
        : breaker_(breaker), generation_(generation) {}
    CircuitBreaker* breaker_;
    std::uint64_t generation_;
  };

  struct Change {
    BreakerState from;
    BreakerState to;
    std::string cause;
  };
  using Listener = std::function<void(const Change&)>;

  struct Snapshot {
    std::string name;
    BreakerState state = BreakerState::closed;
    bool by_hand = false;                                  // open until reset by hand
    std::chrono::milliseconds since{0};                    // in this state
    std::optional<std::chrono::milliseconds> retry_after;  // until a probe; of open ones
    int consecutive = 0;
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::uint64_t refused = 0;
    std::uint64_t opened = 0;
    std::vector<std::string> causes;  // of the newest failures, oldest first
  };

  explicit CircuitBreaker(std::string name, const BreakerOptions& options = {},
                          Clock& clock = system_clock());
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // nullopt: do not call.
  std::optional<Permit> acquire() {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if ((word & kKindMask) == kClosed) return Permit(this, word);
    return acquire_slowly(/*may_probe=*/true);
  }
  // The same for callers that never probe, because others do.
  std::optional<Permit> acquire_if_closed() {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if ((word & kKindMask) == kClosed) return Permit(this, word);
    return acquire_slowly(/*may_probe=*/false);
  }

  const std::string& name() const { return name_; }
  BreakerState state() const;
  // The time until a probe is allowed; 0 where it is allowed now.
  std::chrono::milliseconds retry_after() const;
  Snapshot snapshot() const;

  // By hand: `trip` opens the breaker until `reset`, which closes it at once.
  void trip(std::string_view cause);
  void reset();

  // A listener is called after each change of state, by the thread that made it, without a lock
  // held.
  void add_listener(Listener listener);

 private:
  // The state and its generation in one word: generation << 2 | kind.
  static constexpr std::uint64_t kKindMask = 3;
  static constexpr std::uint64_t kClosed = 0;
  static constexpr std::uint64_t kRamping = 1;  // closed, for a part of the calls
  static constexpr std::uint64_t kOpen = 2;
  static constexpr std::uint64_t kHalfOpen = 3;
  static constexpr std::size_t kSlices = 12;
  static constexpr std::size_t kMaxCauses = 5;

  // The calls in one part of the window, for `least_rate`.
  struct Slice {
    std::int64_t at = -1;
    std::uint64_t calls = 0;
  };

  std::optional<Permit> acquire_slowly(bool may_probe);
  void succeeded(std::uint64_t generation);
  void failed(std::uint64_t generation, std::string_view cause);
  void cancelled(std::uint64_t generation);

  // True while the state has not changed since that permit was given.
  bool is_current(std::uint64_t permit) const {
    return (word_.load(std::memory_order_acquire) | kKindMask) == (permit | kKindMask);
  }

  // Called with mutex_ held.
  void change(std::uint64_t kind, std::string_view cause, std::vector<Change>& changes);
  void open(Clock::TimePoint now, std::string_view cause, std::vector<Change>& changes);
  void expire_lease(Clock::TimePoint now, std::vector<Change>& changes);
  void end_ramp(Clock::TimePoint now);
  bool passes_ramp(Clock::TimePoint now);
  bool should_open(Clock::TimePoint now);
  void count_call(Clock::TimePoint now);
  std::uint64_t calls_in_window(Clock::TimePoint now) const;

  void tell(const std::vector<Change>& changes);

  const std::string name_;
  const BreakerOptions options_;
  Clock& clock_;
  std::atomic<std::uint64_t> word_{kClosed};
  std::atomic<int> consecutive_{0};
  std::atomic<std::uint64_t> successes_{0};
  std::atomic<std::uint64_t> refused_{0};

  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  std::deque<Clock::TimePoint> recent_failures_;  // the last options_.failures
  std::array<Slice, kSlices> slices_{};
  Clock::TimePoint since_;
  Clock::TimePoint open_until_;
  Clock::TimePoint lease_until_;
  Clock::TimePoint ramp_until_;
  Clock::TimePoint ramp_from_;
  bool probing_ = false;
  bool by_hand_ = false;
  int probe_successes_ = 0;
  int opened_in_a_row_ = 0;  // how often since it was last closed for a whole window
  std::uint64_t failures_ = 0;
  std::uint64_t opened_ = 0;
  std::deque<std::string> causes_;
  std::vector<Listener> listeners_;
};

}  // namespace mkt
