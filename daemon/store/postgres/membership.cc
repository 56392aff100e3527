#include "daemon/store/postgres/membership.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

#include "common/base/encoding.h"
#include "common/base/log.h"
#include "common/base/turns.h"
#include "daemon/store/postgres/tickets.h"
#include "daemon/store/postgres/touches_text.h"
#include "daemon/store/urgent.h"

namespace mkt::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kIdBytes = 8;
constexpr std::int64_t kEntriesAtOnce = 1000;
// Who is behind by more reads everything again instead.
constexpr std::int64_t kTooFarBehind = 100'000;
// Of changes that ended long ago; any daemon may remove them.
constexpr std::int64_t kTicketsAtOnce = 1000;
constexpr milliseconds kFirstLook{1};
constexpr milliseconds kLongestLook{20};
// The row of a daemon that never came back to remove it.
constexpr std::int64_t kForgottenAfter = 24 * 60 * 60 * 1000;

// By the database's clock, in milliseconds.
#define MKT_DATABASE_NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

}  // namespace

Result<std::unique_ptr<Membership>> Membership::join(const PgTarget& target,
                                                     const MembershipOptions& options,
                                                     MemoryLease& memory, Tell tell) {
  auto connection = Connection::open(target, steady_clock::now() + options.patience);
  if (!connection) return error_of(connection.failure());
  std::unique_ptr<Membership> membership(
      new Membership(target, options, memory, std::move(tell), std::move(*connection)));
  if (auto failure = membership->register_here()) return error_of(*failure);
  if (auto failure = membership->renew()) return error_of(*failure);
  membership->thread_ =
      std::jthread([&self = *membership](const std::stop_token& stop) { self.follow(stop); });
  return membership;
}

Membership::Membership(const PgTarget& target, const MembershipOptions& options,
                       MemoryLease& memory, Tell tell, std::unique_ptr<Connection> connection)
    : target_(target),
      options_(options),
      id_(random_hex(kIdBytes)),
      memory_(memory),
      tell_(std::move(tell)),
      connection_(std::move(connection)) {}

Membership::~Membership() {
  thread_ = {};  // stops and joins
  leave();
}

// Nothing is remembered yet, so everything up to the log's head counts as applied: whatever is read
// from now on contains it.
std::optional<PgFailure> Membership::register_here() {
  PgStatement insert(
      "INSERT INTO daemons (id, url, applied, until) SELECT $1, $2, h.seq, " MKT_DATABASE_NOW
      " FROM log_head h "
      "WHERE id = 1 ON CONFLICT (id) DO UPDATE SET applied = excluded.applied RETURNING applied");
  insert.bind(id_).bind(options_.url);
  PgStatement forget("DELETE FROM daemons WHERE until < " MKT_DATABASE_NOW " - $1");
  forget.bind(kForgottenAfter);
  const std::array statements{std::move(insert), std::move(forget)};
  PgAnswers answers = connection_->exchange(statements, deadline());
  if (answers.failure) return std::move(answers.failure);
  applied_ = answers.rows[0][0].only<std::int64_t>();
  return std::nullopt;
}

void Membership::follow(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    // A connection that failed is opened anew. What was missed is in the log; the lease runs out by
    // itself if it takes long.
    if (!connection_ || !connection_->usable()) {
      auto opened = Connection::open(target_, deadline());
      connection_ = opened ? std::move(*opened) : nullptr;
      if (!opened) log_change(opened.failure());
    }
    if (connection_) log_change(step());
    stopped.wait_for(lock, stop, options_.poll, [] { return false; });
  }
  memory_.set_end(0);
}

// Once when it begins to fail, and once when it works again.
void Membership::log_change(const std::optional<PgFailure>& failure) {
  if (failure.has_value() == failing_) return;
  failing_ = failure.has_value();
  if (failure) {
    log_event(LogLevel::warning, "the changes of other daemons cannot be followed",
              {{"reason", failure->message}});
  } else {
    log_event(LogLevel::info, "the changes of other daemons are followed again", {});
  }
}

std::optional<PgFailure> Membership::step() {
  for (bool more = true; more;) {
    auto applied = apply_entries();
    if (!applied) return std::move(applied.failure());
    more = *applied;
    if (urgent_ && !more) {
      if (auto failure = tell_applied()) return failure;
    }
  }
  memory_.set_end(lease_.end(applied_));
  return MemoryLease::now() >= next_renewal_ ? renew() : std::nullopt;
}

PgResult<std::int64_t> Membership::read_head() {
  const PgStatement look("SELECT seq FROM log_head WHERE id = 1");
  PgAnswers answers = connection_->exchange({&look, 1}, deadline());
  if (answers.failure) return std::move(*answers.failure);
  return answers.rows[0][0].only<std::int64_t>();
}

PgResult<bool> Membership::apply_entries() {
  PgStatement look(
      "SELECT seq, action, touches FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2");
  look.bind(applied_).bind(kEntriesAtOnce);
  PgAnswers answers = connection_->exchange({&look, 1}, deadline());
  if (answers.failure) return std::move(*answers.failure);
  const PgRows& rows = answers.rows[0];
  const bool more = rows.size() == kEntriesAtOnce;
  if (more) {
    auto head = read_head();
    if (!head) return std::move(head.failure());
    if (*head - applied_ > kTooFarBehind) {
      tell_(Touches::all());
      applied_ = *head;
      urgent_ = true;
      return true;
    }
  }
  for (int i = 0; i < rows.size(); ++i) {
    std::int64_t seq = 0;
    std::string action, touches;
    rows[i].get(seq, action, touches);
    if (!touches.empty()) tell_(touches_from_text(touches));
    urgent_ = urgent_ || is_urgent(action);
    applied_ = seq;
  }
  return more;
}

std::optional<PgFailure> Membership::renew() {
  const std::int64_t sent_at = MemoryLease::now();
  const std::int64_t length = options_.lease.count();
  PgStatement update("UPDATE daemons SET applied = $2, until = " MKT_DATABASE_NOW
                     " + $3 WHERE id = $1");
  update.bind(id_).bind(applied_).bind(length);
  PgAnswers answers = connection_->exchange({&update, 1}, deadline());
  if (answers.failure) return std::move(answers.failure);
  if (answers.rows[0].changed() == 0) {
    // The row was removed while this daemon was away for long, so nobody has waited for it: its
    // lease is void, and it begins anew with nothing remembered.
    lease_ = {};
    memory_.set_end(0);
    if (auto failure = register_here()) return failure;
    tell_(Touches::all());
    return std::nullopt;
  }
  urgent_ = false;
  // Only now, when whoever revokes sees the new lease: a number that was read with the UPDATE could
  // be older than a revocation that was answered by the old one.
  auto head = read_head();
  if (!head) return std::move(head.failure());
  lease_.renew(sent_at, length, *head);
  memory_.set_end(lease_.end(applied_));
  next_renewal_ = sent_at + length / 3;
  auto removed = remove_old_tickets(*connection_, kTicketsAtOnce, deadline());
  return removed ? std::nullopt : std::optional(std::move(removed.failure()));
}

std::optional<PgFailure> Membership::tell_applied() {
  PgStatement update("UPDATE daemons SET applied = $2 WHERE id = $1");
  update.bind(id_).bind(applied_);
  PgAnswers answers = connection_->exchange({&update, 1}, deadline());
  if (answers.failure) return std::move(answers.failure);
  urgent_ = false;
  return std::nullopt;
}

void Membership::leave() {
  memory_.set_end(0);
  if (!connection_ || !connection_->usable()) return;
  PgStatement remove("DELETE FROM daemons WHERE id = $1");
  remove.bind(id_);
  connection_->exchange({&remove, 1}, deadline());  // else the lease runs out
}

Status Membership::wait_for_others() const {
  const TurnPause pause;
  static const std::string kLook = fmt::format(
      "SELECT count(*) FROM daemons d WHERE id <> $1 AND until > {} AND EXISTS (SELECT 1 "
      "FROM audit_log a WHERE a.seq > d.applied AND a.seq <= $2 AND a.action IN ('{}'))",
      MKT_DATABASE_NOW, fmt::join(kUrgentActions, "', '"));
  std::optional<std::int64_t> newest;
  const auto end = steady_clock::now() + options_.lease + 2 * options_.patience;
  std::unique_ptr<Connection> connection;
  milliseconds wait = kFirstLook;
  std::string why = "a daemon neither follows nor lets its lease run out";
  while (steady_clock::now() < end) {
    if (!connection || !connection->usable()) {
      auto opened = Connection::open(target_, deadline());
      if (opened) connection = std::move(*opened);
      if (!opened) why = opened.failure().message;
    }
    if (connection && connection->usable()) {
      PgStatement look(newest ? kLook.c_str() : "SELECT seq FROM log_head WHERE id = 1");
      if (newest) look.bind(id_).bind(*newest);
      PgAnswers answers = connection->exchange({&look, 1}, deadline());
      if (answers.failure) {
        why = answers.failure->message;
      } else if (!newest) {
        newest = answers.rows[0][0].only<std::int64_t>();
        continue;
      } else if (answers.rows[0][0].only<std::int64_t>() == 0) {
        return {};
      }
    }
    std::this_thread::sleep_for(wait);
    wait = std::min(2 * wait, kLongestLook);
  }
  return Error(ErrorCode::storage_failed,
               fmt::format("the change was made, but it is not known whether every daemon has "
                           "applied it ({}); ask again",
                           why));
}

}  // namespace mkt::postgres
