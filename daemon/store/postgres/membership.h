// Membership: this daemon among those that serve one database.
//
// A thread follows the log, as soon as it is woken (wake_up.h) and at least each `poll`: each
// entry's touches are told, in their order, so that what this daemon remembers misses no change for
// long. (Changes without an entry, such as counts of downloads, are not told.) It keeps this
// daemon's row in `daemons`, and renews the lease until which it may answer from memory
// (cluster/lease.h). Whoever revokes something waits here until every daemon has applied it, or may
// not answer from memory any more.
//
// A database that was restored, or that failed over to a standby which did not have everything, has
// lost history: it does not know an entry that this daemon has applied. Then the first daemon that
// finds it begins a new era: it moves the log's numbers beyond all that were told before, and logs
// "history.lost"; every daemon forgets what it remembers. For one lease no revocation is answered,
// as the leases that daemons had may be lost with the rest.
//
// Without the database the lease runs out; the thread goes on trying. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/result.h"
#include "daemon/store/cluster/cluster_state.h"
#include "daemon/store/cluster/lease.h"
#include "daemon/store/log_position.h"
#include "daemon/store/memory_lease.h"
#include "daemon/store/postgres/connection.h"
#include "daemon/store/postgres/pg_target.h"
#include "daemon/store/touches.h"

namespace mkt::postgres {

struct MembershipOptions {
  // For people (cluster_state.h).
  std::string host = {};
  std::string version = {};
  std::map<std::string, std::string> settings = {};
  // A revocation waits this long for a daemon that was killed. Clients give up an answer that does
  // not begin within 15 s.
  std::chrono::milliseconds lease{10'000};
  std::chrono::milliseconds poll{100};       // how often to look for new entries
  std::chrono::milliseconds patience{2000};  // for each answer of the database
};

class Membership {
 public:
  using Tell = std::function<void(const Touches&)>;

  // Registers this daemon, and starts to follow; `memory` begins to hold. Call it before anything
  // of the database is remembered. `memory`, `position` and what `tell` needs must outlive the
  // object. `put_out` is called once, from the thread, where this daemon may not serve the database
  // any more: the marketplace was moved away, or only newer daemons may. `id` is new with each
  // start: a daemon that comes back has forgotten everything.
  static Result<std::unique_ptr<Membership>> join(const PgTarget& target, std::string id,
                                                  const MembershipOptions& options,
                                                  MemoryLease& memory, LogPosition& position,
                                                  Tell tell, std::function<void()> put_out);
  // Leaves: nobody waits for this daemon any more.
  ~Membership();
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Waits until every other daemon has applied all urgent entries (log_actions.h) that the log has
  // now, or its lease is over; at most a lease, and a bit. storage_failed where the database does
  // not say so in that time.
  Status wait_for_others() const;

  // How far the database's clock is ahead of this machine's.
  std::chrono::milliseconds clock_offset() const {
    return std::chrono::milliseconds(clock_offset_.load(std::memory_order_relaxed));
  }

  // What people are told of this daemon: where it answers, and its settings after a reload.
  void announce(std::string url);
  void set_settings(std::map<std::string, std::string> settings);

 private:
  Membership(const PgTarget& target, std::string id, const MembershipOptions& options,
             MemoryLease& memory, LogPosition& position, Tell tell, std::function<void()> put_out,
             std::unique_ptr<Connection> connection);

  std::optional<PgFailure> register_here();
  void follow(const std::stop_token& stop);
  void ask_to_be_woken();
  std::optional<PgFailure> step();
  void log_change(const std::optional<PgFailure>& failure);
  // True where there may be more.
  PgResult<bool> apply_entries();
  std::optional<PgFailure> renew();
  std::optional<PgFailure> tell_applied();
  std::optional<PgFailure> tell_people();
  struct Head {
    std::int64_t seq = 0;
    std::int64_t era = 0;
  };
  PgResult<Head> read_head();
  std::optional<PgFailure> look_for_lost_history();
  std::optional<PgFailure> begin_era(const Head& head);
  std::optional<PgFailure> forget_all(const Head& head);
  std::optional<PgFailure> begin_at(const Head& head);
  void leave();
  PgDeadline deadline() const { return std::chrono::steady_clock::now() + options_.patience; }

  const PgTarget target_;
  const MembershipOptions options_;
  const std::string id_;
  MemoryLease& memory_;
  LogPosition& position_;
  const Tell tell_;
  const std::function<void()> put_out_;
  // Only the thread uses these, once it runs.
  std::unique_ptr<Connection> connection_;
  std::int64_t applied_ = 0;
  std::string last_entry_;  // what the log says of it
  std::int64_t era_ = 0;
  bool urgent_ = false;  // an entry for which somebody may wait was applied
  Lease lease_;
  std::int64_t next_renewal_ = 0;
  bool is_out_ = false;                         // this daemon may not serve the database any more
  bool failing_ = false;                        // the last step failed, which was logged
  std::atomic<std::int64_t> clock_offset_ = 0;  // milliseconds
  std::mutex told_mutex_;
  std::string url_;                              // guarded by told_mutex_
  std::map<std::string, std::string> settings_;  // guarded by told_mutex_
  bool is_told_ = false;                  // these two, to the database; guarded by told_mutex_
  mutable std::atomic<int> waiting_ = 0;  // for others
  std::jthread thread_;                   // last: it uses the other members
};

}  // namespace mkt::postgres
