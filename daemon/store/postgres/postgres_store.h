// PostgresStore: the Store of a marketplace that several daemons serve, on PostgreSQL.
//
// Reads and changes use bounded pools of connections (pool.h); a change is decided, committed and,
// where its outcome is in doubt, settled by a ChangeRunner. Changes of several threads and several
// daemons run at the same time: what they decide by, they hold (hold.h). Watchers are told of this
// daemon's own commits and, once it has joined (membership.h), of the others'; changes at the same
// moment may be told in either order, for neither has seen the other. A database that hangs or is
// gone makes calls fail in bounded time, and then at once, while the breaker is open; the daemon
// goes on.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "common/reliability/circuit_breaker.h"
#include "daemon/store/postgres/change_runner.h"
#include "daemon/store/postgres/job_leases.h"
#include "daemon/store/postgres/membership.h"
#include "daemon/store/postgres/pool.h"
#include "daemon/store/postgres/upgrade.h"
#include "daemon/store/store.h"
#include "daemon/store/store_health.h"
#include "daemon/store/watchers.h"

namespace mkt {

struct PostgresOptions {
  std::size_t readers = 8;
  std::size_t writers = 8;
  std::chrono::milliseconds reader_queue{250};  // the longest wait for a free reader
  std::chrono::milliseconds read{2000};         // the longest wait for one answer
  std::chrono::milliseconds open{5000};         // for the first connection
  postgres::ChangeTimes change;
  postgres::JobTimes jobs;
  RetryPolicy retry = postgres::change_retry();  // its clock is also that of the breaker
};

class PostgresStore : public Store, public StoreHealth {
 public:
  // Creates the tables in an empty database. target_exists, storage_failed, invalid_input.
  static Status create(const std::string& url, std::chrono::milliseconds patience);

  // Makes the steps that its tables miss (upgrade.h).
  static Result<postgres::UpgradeReport> upgrade(const std::string& url,
                                                 std::chrono::milliseconds patience);

  // The database must have the tables and keep what it answers (schema.h).
  static Result<std::unique_ptr<PostgresStore>> open(const std::string& url,
                                                     const PostgresOptions& options = {});
  ~PostgresStore() override;

  Status read(const std::function<Status(const Records&)>& look) override;
  Result<EntryNumbers> change(const Touches& touches,
                              const std::function<Status(Records&)>& decide) override;
  Watch watch(std::function<void(const Touches&)> told) override {
    return watchers_.add(std::move(told));
  }
  // Never holds before this daemon has joined the others.
  const MemoryLease* memory_lease() const override { return &memory_; }
  const LogPosition* log_position() const override { return &position_; }
  Jobs& jobs() override { return jobs_; }
  // From now on other daemons' changes are told too, and what is read may be remembered while
  // memory_lease holds. Call once, when everybody watches who will remember something.
  Status join(const postgres::MembershipOptions& options = {});
  // Tells the others where this daemon answers, after join.
  void announce(std::string url) { membership_->announce(std::move(url)); }
  // By the database's clock, as this daemon knows it since it joined: all daemons have one time.
  UtcTime now() const {
    return utc_now() + (membership_ ? membership_->clock_offset() : std::chrono::milliseconds(0));
  }
  void set_settings(std::map<std::string, std::string> settings) {
    membership_->set_settings(std::move(settings));
  }
  // All daemons and jobs, as the database knows them now.
  Result<ClusterState> cluster();
  const std::string& daemon_id() const { return daemon_; }

  // The disk is not ours. But a marketplace that was moved away must not be served any more.
  bool broken() const override { return is_out_; }
  void when_broken(std::function<void()> react) override {
    const std::lock_guard lock(out_mutex_);
    when_out_ = std::move(react);
    if (is_out_ && when_out_) when_out_();
  }
  StoreCounts counts() const override { return changes_.counts(); }
  CircuitBreaker& breaker() { return breaker_; }

  // The secret of that name, the same for all daemons: `made`, where there is none yet.
  Result<std::string> shared_secret(std::string_view name, std::string_view made);

  // Removes tickets of changes that are long done; at most `limit`. Returns how many.
  Result<std::int64_t> remove_old_tickets(std::int64_t limit);

 private:
  PostgresStore(const postgres::PgTarget& target, const PostgresOptions& options);
  // One attempt; a connection that broke before it told anything is told by `stale`.
  Status read_once(const std::function<Status(const Records&)>& look, bool& stale);
  Result<postgres::Pool::Lease> take_reader();

  const postgres::PgTarget target_;
  const PostgresOptions options_;
  CircuitBreaker breaker_;
  Watchers watchers_;
  postgres::Pool readers_;
  postgres::ChangeRunner changes_;
  MemoryLease memory_;
  LogPosition position_;
  const std::string daemon_;  // this daemon's id among those of the database
  postgres::JobLeases jobs_;
  std::atomic<bool> is_out_ = false;
  std::mutex out_mutex_;
  std::function<void()> when_out_;                    // guarded by out_mutex_
  std::unique_ptr<postgres::Membership> membership_;  // last: it tells the watchers
};

}  // namespace mkt
