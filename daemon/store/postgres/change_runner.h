// ChangeRunner: makes one change in PostgreSQL, once.
//
// An attempt decides (the caller's function), then commits in one flight. An attempt that lost a
// race, or its connection, decides again from the start. When nobody knows whether an attempt has
// committed, its ticket is settled first: so a change is done exactly once, whatever happened to
// its answers. Attempts, waits and times are bounded; after them the change fails as `overloaded`
// or `storage_failed`, and has left nothing. Only where the database cannot be asked for the whole
// of `settle_time`, the outcome stays unknown, and the error says so.
//
// Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <variant>

#include "common/base/bucket_counts.h"
#include "common/reliability/circuit_breaker.h"
#include "common/reliability/retry.h"
#include "daemon/store/postgres/pool.h"
#include "daemon/store/postgres/tickets.h"
#include "daemon/store/store.h"
#include "daemon/store/store_health.h"

namespace mkt::postgres {

// 10 attempts in at most 2 s, 5 ms · 2ⁿ apart with full jitter.
RetryPolicy change_retry();

struct ChangeTimes {
  std::chrono::milliseconds queue{2000};    // for one of the writers
  std::chrono::milliseconds connect{1000};  // for a connection
  std::chrono::milliseconds read{2000};     // for each round trip before the flight
  // For the flight. A COMMIT that waits for a standby is never cancelled: that would commit it on
  // this machine alone. The connection is left to it, and its ticket is settled.
  std::chrono::milliseconds flight{5000};
  std::chrono::milliseconds settle{5000};  // for all attempts to settle a ticket
};

// A change that was made.
struct ChangeDone {
  EntryNumbers numbers;
  std::int64_t seq = 0;  // of its last entry
  bool urgent = false;   // every daemon must know of it before it is answered (is_urgent)
};

class ChangeRunner {
 public:
  using Decide = std::function<Status(Records&)>;
  using Told = std::function<void(const Touches&)>;

  // `told` is called after each commit; it must not throw.
  ChangeRunner(const PgTarget& target, std::size_t writers, const ChangeTimes& times,
               const RetryPolicy& retry, CircuitBreaker& breaker, Told told);

  Result<ChangeDone> run(const Touches& touches, const Decide& decide);
  // From now on other daemons are woken after each change (wake_up.h).
  void wake_others() { wakes_others_ = true; }
  StoreCounts counts() const;

 private:
  using Attempted = std::variant<Result<ChangeDone>, PgFailure>;
  Attempted attempt(const Touches& touches, const Decide& decide);
  Attempted decide_and_commit(Pool::Lease& lease, const Touches& touches, const Decide& decide);
  Attempted settle(const std::string& ticket, const PgFailure& doubt, const Touches& touches,
                   bool urgent);
  ChangeDone tell(const Touches& touches, std::int64_t seq, std::size_t entries,
                  bool urgent) noexcept;

  const PgTarget target_;
  const ChangeTimes times_;
  const RetryPolicy retry_;
  CircuitBreaker& breaker_;
  const Told told_;
  Pool writers_;
  std::atomic<bool> wakes_others_ = false;
  std::atomic<std::uint64_t> failed_ = 0;
  BucketCounts<kCommitSizes.size()> sizes_{kCommitSizes};
  BucketCounts<kCommitSeconds.size()> seconds_{kCommitSeconds};
};

// What to tell a caller whom the breaker stops.
Error database_is_away(const CircuitBreaker& breaker);

// Reports to the breaker how a use of the database went. Only a database that cannot be reached or
// does not answer in time counts as failing: a connection that breaks is opened again.
void report(CircuitBreaker::Permit permit, const PgFailure* failure);

}  // namespace mkt::postgres
