// RetryBudget: limits the load that retries add when everything fails at once.
//
// Retries help when failures are rare. In an outage they multiply the load that keeps the other
// side down. So everything that retries shares one budget: in any ten seconds at most a tenth as
// many retries as first attempts, but at least kFloor, without which a program that makes one
// request could never retry. Twitter's Finagle and Google's SRE book ("Handling Overload") do the
// same.
//
// It counts in whole seconds: what happened up to eleven seconds ago may still count. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "common/reliability/clock.h"

namespace mkt {

class RetryBudget {
 public:
  static constexpr double kShare = 0.1;
  static constexpr std::uint64_t kFloor = 3;
  static constexpr std::size_t kSeconds = 10;

  explicit RetryBudget(Clock& clock = system_clock()) : clock_(clock) {}

  // A call begins.
  void first_attempt();
  // True where one more retry is within the budget; the retry is then counted.
  bool take();

  struct Totals {
    std::uint64_t calls = 0;
    std::uint64_t retries = 0;
    std::uint64_t refused = 0;
  };
  Totals totals() const;

 private:
  struct Second {
    std::int64_t at = -1;
    std::uint64_t calls = 0;
    std::uint64_t retries = 0;
  };
  std::int64_t current_second() const;
  Second& slot_of(std::int64_t second);

  Clock& clock_;
  mutable std::mutex mutex_;
  std::array<Second, kSeconds + 1> seconds_;  // guarded by mutex_
  Totals totals_;                             // guarded by mutex_
};

// The budget that the whole process shares.
RetryBudget& process_retry_budget();

}  // namespace mkt
