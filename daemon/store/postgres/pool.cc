#include "daemon/store/postgres/pool.h"

#include "common/base/turns.h"

namespace mkt::postgres {

std::optional<Pool::Lease> Pool::take(std::chrono::milliseconds wait) {
  const TurnPause pause;  // ends after the lock
  std::unique_lock lock(mutex_);
  ++waiting_;
  const bool is_free = freed_.wait_for(lock, wait, [this] { return free_ > 0; });
  --waiting_;
  if (!is_free) return std::nullopt;
  --free_;
  std::unique_ptr<PgSession> session;
  if (!idle_.empty()) {
    session = std::move(idle_.back());
    idle_.pop_back();
  }
  return Lease(this, std::move(session));
}

std::optional<PgFailure> Pool::Lease::connect(PgDeadline deadline) {
  if (session_) return std::nullopt;
  auto opened = Connection::open(pool_->target_, deadline);
  if (!opened) return std::move(opened.failure());
  session_ = std::make_unique<PgSession>(std::move(*opened));
  return std::nullopt;
}

void Pool::give_back(std::unique_ptr<PgSession> session) {
  if (session) session->flight.roll_back();
  // An unusable one is closed here, without the lock.
  if (session && !session->connection->usable()) session.reset();
  const std::lock_guard lock(mutex_);
  ++free_;
  if (session) idle_.push_back(std::move(session));
  freed_.notify_one();
}

void Pool::drop_idle() {
  std::vector<std::unique_ptr<PgSession>> dropped;  // closed after the lock
  const std::lock_guard lock(mutex_);
  dropped.swap(idle_);
}

std::size_t Pool::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

}  // namespace mkt::postgres
