// Pool: a bounded number of sessions with PostgreSQL.
//
// Changes queue here for a writer, not in PostgreSQL for a row's lock: 64 transactions that wait
// for one row made a third of the commits of 8. Every wait has an end, so a database that hangs
// does not take all threads of the daemon.
//
// Connections are opened when they are needed, and kept. Thread-safe; a lease belongs to one thread
// and must not outlive the pool.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/store/postgres/connection.h"
#include "daemon/store/postgres/flight.h"
#include "daemon/store/postgres/pg_target.h"
#include "daemon/store/postgres/postgres_records.h"

namespace mkt::postgres {

// A connection with what works on it.
struct PgSession {
  explicit PgSession(std::unique_ptr<Connection> opened) : connection(std::move(opened)) {}
  std::unique_ptr<Connection> connection;
  Flight flight{*connection};
  PostgresRecords records{flight};
};

class Pool {
 public:
  Pool(const PgTarget& target, std::size_t most) : target_(target), free_(most) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // The right to use one session. The destructor rolls back what is open, and gives the session
  // back if its connection still works.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), session_(std::move(other.session_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->give_back(std::move(session_));
    }

    // Opens a connection, where no idle one was there.
    std::optional<PgFailure> connect(PgDeadline deadline);
    PgSession& operator*() { return *session_; }
    PgSession* operator->() { return session_.get(); }

   private:
    friend class Pool;
    Lease(Pool* pool, std::unique_ptr<PgSession> session)
        : pool_(pool), session_(std::move(session)) {}
    Pool* pool_;
    std::unique_ptr<PgSession> session_;
  };

  // nullopt when all were in use for so long.
  std::optional<Lease> take(std::chrono::milliseconds wait);
  // Closes the idle connections. After a server's restart none of them works.
  void drop_idle();
  // How many callers wait for a session.
  std::size_t waiting() const;

 private:
  void give_back(std::unique_ptr<PgSession> session);

  const PgTarget target_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t free_;                              // guarded by mutex_
  std::size_t waiting_ = 0;                       // guarded by mutex_
  std::vector<std::unique_ptr<PgSession>> idle_;  // guarded by mutex_
};

}  // namespace mkt::postgres
