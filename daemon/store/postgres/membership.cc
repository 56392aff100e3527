#include "daemon/store/postgres/membership.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <vector>

#include "common/base/in_progress.h"
#include "common/base/log.h"
#include "common/base/long_wait.h"
#include "common/base/turns.h"
#include "daemon/store/log_actions.h"
#include "daemon/store/postgres/tickets.h"
#include "daemon/store/postgres/touches_text.h"
#include "daemon/store/postgres/upgrade.h"
#include "daemon/store/postgres/wake_up.h"

namespace mkt::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int64_t kEntriesAtOnce = 1000;
// Who is behind by more reads everything again instead.
constexpr std::int64_t kTooFarBehind = 100'000;
// Of changes that ended long ago; any daemon may remove them.
constexpr std::int64_t kTicketsAtOnce = 1000;
// Numbers that a new era leaves out, beyond those that this daemon knows: others may have seen
// more.
constexpr std::int64_t kNumbersSkipped = 1000;
constexpr milliseconds kBetweenLooks{4};
constexpr int kLongWaits = 8;
constexpr milliseconds kFirstLook{1};
constexpr milliseconds kLongestLook{20};
// The row of a daemon that never came back to remove it.
constexpr std::int64_t kForgottenAfter = 24 * 60 * 60 * 1000;

// By which an entry is known again.
#define MKT_ENTRY_TEXT \
  "at || ' ' || request_id || ' ' || action || ' ' || subject || ' ' || document"
constexpr const char* kEntryText = "SELECT " MKT_ENTRY_TEXT " FROM audit_log WHERE seq = $1";

// How many may still use what was taken away up to entry $2.
std::string look_for_others() {
  std::vector<std::string_view> urgent;
  for (const LogAction& action : kLogActions) {
    if (action.is_urgent) urgent.push_back(action.name);
  }
  return fmt::format(
      "SELECT (SELECT count(*) FROM daemons d WHERE id <> $1 AND until > {0} AND EXISTS (SELECT 1 "
      "FROM audit_log a WHERE a.seq > d.applied AND a.seq <= $2 AND a.action IN ('{1}'))) + "
      "(SELECT count(*) FROM log_head WHERE id = 1 AND era_at + $3 >= {0})",
      MKT_DATABASE_NOW, fmt::join(urgent, "', '"));
}

}  // namespace

Result<std::unique_ptr<Membership>> Membership::join(const PgTarget& target, std::string id,
                                                     const MembershipOptions& options,
                                                     MemoryLease& memory, LogPosition& position,
                                                     Tell tell, std::function<void()> put_out) {
  auto connection = Connection::open(target, steady_clock::now() + options.patience);
  if (!connection) return error_of(connection.failure());
  std::unique_ptr<Membership> membership(
      new Membership(target, std::move(id), options, memory, position, std::move(tell),
                     std::move(put_out), std::move(*connection)));
  if (auto failure = membership->register_here()) return error_of(*failure);
  if (auto failure = membership->renew()) return error_of(*failure);
  position.set_told(membership->applied_);
  membership->thread_ =
      std::jthread([&self = *membership](const std::stop_token& stop) { self.follow(stop); });
  return membership;
}

Membership::Membership(const PgTarget& target, std::string id, const MembershipOptions& options,
                       MemoryLease& memory, LogPosition& position, Tell tell,
                       std::function<void()> put_out, std::unique_ptr<Connection> connection)
    : target_(target),
      options_(options),
      id_(std::move(id)),
      memory_(memory),
      position_(position),
      tell_(std::move(tell)),
      put_out_(std::move(put_out)),
      connection_(std::move(connection)),
      settings_(options.settings) {}

Membership::~Membership() {
  thread_ = {};  // stops and joins
  leave();
}

// Nothing is remembered yet, so everything up to the log's head counts as applied: whatever is read
// from now on contains it.
std::optional<PgFailure> Membership::register_here() {
  PgStatement insert(
      "INSERT INTO daemons (id, host, version, settings, known, started_at, applied, until) "
      "SELECT $1, $2, $3, $4, $5, " MKT_DATABASE_NOW ", h.seq, " MKT_DATABASE_NOW
      " FROM log_head h CROSS JOIN schema_version s "
      "WHERE h.id = 1 AND moved_to = '' AND s.id = 1 AND s.oldest <= $5 ON CONFLICT (id) DO UPDATE "
      "SET applied = excluded.applied "
      "RETURNING applied, (SELECT era FROM log_head WHERE id = 1)");
  insert.bind(id_).bind(options_.host).bind(options_.version).bind("{}").bind(kSchemaVersion);
  // No step is made meanwhile that this daemon does not know, and nothing is moved here or away.
  PgStatement hold(
      "SELECT 1 FROM schema_version AS s CROSS JOIN log_head AS h WHERE s.id = 1 AND h.id = 1 "
      "FOR KEY SHARE");
  PgStatement forget("DELETE FROM daemons WHERE until < " MKT_DATABASE_NOW " - $1");
  forget.bind(kForgottenAfter);
  const std::array statements{std::move(hold), std::move(insert), std::move(forget)};
  PgAnswers answers = connection_->exchange(statements, deadline());
  if (answers.failure) return std::move(answers.failure);
  if (answers.rows[1].size() == 0) {
    is_out_ = true;
    return PgFailure{"", "the marketplace was moved away, or its daemons must be newer"};
  }
  Head head;
  answers.rows[1][0].get(head.seq, head.era);
  {
    const std::lock_guard lock(told_mutex_);
    is_told_ = false;
  }
  return begin_at(head);
}

// The entries up to there count as applied.
std::optional<PgFailure> Membership::begin_at(const Head& head) {
  PgStatement look(kEntryText);
  look.bind(head.seq);
  PgAnswers answers = connection_->exchange({&look, 1}, deadline());
  if (answers.failure) return std::move(answers.failure);
  last_entry_ = answers.rows[0].size() == 0 ? "" : answers.rows[0][0].only<std::string>();
  applied_ = head.seq;
  era_ = head.era;
  return std::nullopt;
}

void Membership::follow(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  ask_to_be_woken();
  while (!stop.stop_requested()) {
    // A connection that failed is opened anew. What was missed is in the log; the lease runs out by
    // itself if it takes long.
    if (!connection_ || !connection_->usable()) {
      auto opened = Connection::open(target_, deadline());
      connection_ = opened ? std::move(*opened) : nullptr;
      if (!opened) log_change(opened.failure());
      ask_to_be_woken();
      next_renewal_ = 0;
    }
    if (connection_) log_change(step());
    if (is_out_) break;
    if (connection_ && connection_->usable()) {
      // Under load everybody is woken by every change of all: one look is for several of them.
      stopped.wait_for(lock, stop, kBetweenLooks, [] { return false; });
      connection_->wait_for_notification(steady_clock::now() + options_.poll);
    } else {
      stopped.wait_for(lock, stop, options_.poll, [] { return false; });
    }
  }
  memory_.set_end(0);
  if (is_out_) put_out_();
}

// Where the database refuses it, this daemon looks by itself only.
void Membership::ask_to_be_woken() {
  if (!connection_ || !connection_->usable()) return;
  const PgStatement ask(kListen);
  connection_->exchange({&ask, 1}, deadline());
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
  // With every new connection, and from time to time.
  const bool renews = MemoryLease::now() >= next_renewal_;
  if (renews) {
    if (auto failure = look_for_lost_history()) return failure;
  }
  for (bool more = true; more;) {
    auto applied = apply_entries();
    if (!applied) return std::move(applied.failure());
    more = *applied;
    position_.set_told(applied_);
    if (urgent_ && !more) {
      if (auto failure = tell_applied()) return failure;
    }
  }
  memory_.set_end(lease_.end(applied_));
  if (renews) {
    if (auto failure = renew()) return failure;
  }
  return tell_people();
}

PgResult<Membership::Head> Membership::read_head() {
  const PgStatement look("SELECT seq, era, " MKT_DATABASE_NOW " FROM log_head WHERE id = 1");
  const std::int64_t sent = to_unix_ms(utc_now());
  PgAnswers answers = connection_->exchange({&look, 1}, deadline());
  if (answers.failure) return std::move(*answers.failure);
  Head head;
  std::int64_t database_time = 0;
  answers.rows[0][0].get(head.seq, head.era, database_time);
  // As if the answer had been written half-way.
  clock_offset_ = database_time - (sent + to_unix_ms(utc_now())) / 2;
  return head;
}

std::optional<PgFailure> Membership::look_for_lost_history() {
  auto head = read_head();
  if (!head) return std::move(head.failure());
  PgStatement look(kEntryText);
  look.bind(applied_);
  PgAnswers answers = connection_->exchange({&look, 1}, deadline());
  if (answers.failure) return std::move(answers.failure);
  const PgRows& rows = answers.rows[0];
  const std::string entry = rows.size() == 0 ? "" : rows[0].only<std::string>();
  const bool is_lost = head->seq < applied_ || entry != last_entry_;
  // Where the era is a new one, another daemon has found it; but this one may know more entries.
  if (head->seq < applied_ || (is_lost && head->era == era_)) {
    if (auto failure = begin_era(*head)) return failure;
    head = read_head();
    if (!head) return std::move(head.failure());
  }
  return head->era == era_ ? std::nullopt : forget_all(*head);
}

// Once, by whoever comes first.
std::optional<PgFailure> Membership::begin_era(const Head& head) {
  PgStatement begin(
      "WITH lost AS (UPDATE log_head SET seq = greatest(seq, $1) + $2, num = num + $2, "
      "era = era + 1, era_at = " MKT_DATABASE_NOW ", at = greatest(at, " MKT_DATABASE_NOW
      ") WHERE id = 1 AND era = $3 RETURNING seq, at), "
      // The mirror has what is lost: everything is sent to it again.
      "again AS (UPDATE mirror_state SET value = '' WHERE name = 'complete' AND EXISTS (SELECT 1 "
      "FROM lost)) "
      "INSERT INTO audit_log (seq, at, actor, address, request_id, action, subject, document, "
      "touches) SELECT seq, at, 'system', '', '', 'history.lost', $4, $5, $6 FROM lost");
  begin.bind(applied_)
      .bind(kNumbersSkipped)
      .bind(head.era)
      .bind(std::to_string(applied_))
      .bind(dump_json(
          Json{{"text", fmt::format("the database knew entry {}, a daemon {}", head.seq, applied_)},
               {"known", head.seq},
               {"applied", applied_}}))
      .bind(touches_text(Touches::all()));
  PgAnswers answers = connection_->exchange({&begin, 1}, deadline());
  return std::move(answers.failure);
}

std::optional<PgFailure> Membership::forget_all(const Head& head) {
  log_event(LogLevel::error,
            "the database has lost history that this daemon knows; all that was remembered is "
            "forgotten",
            {{"applied", applied_}, {"era", head.era}});
  lease_ = {};
  memory_.set_end(0);
  if (auto failure = begin_at(head)) return failure;
  tell_(Touches::all());
  return std::nullopt;
}

PgResult<bool> Membership::apply_entries() {
  PgStatement look("SELECT seq, action, touches, " MKT_ENTRY_TEXT
                   " FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2");
  look.bind(applied_).bind(kEntriesAtOnce);
  PgAnswers answers = connection_->exchange({&look, 1}, deadline());
  if (answers.failure) return std::move(*answers.failure);
  const PgRows& rows = answers.rows[0];
  const bool more = rows.size() == kEntriesAtOnce;
  if (more) {
    auto head = read_head();
    if (!head) return std::move(head.failure());
    if (head->seq - applied_ > kTooFarBehind) {
      if (auto failure = begin_at(*head)) return std::move(*failure);
      tell_(Touches::all());
      urgent_ = true;
      return true;
    }
  }
  for (int i = 0; i < rows.size(); ++i) {
    std::int64_t seq = 0;
    std::string action, touches;
    rows[i].get(seq, action, touches, last_entry_);
    // Also where nothing is stale: who waits for the log, such as a webhook, hears of it.
    tell_(touches_from_text(touches));
    urgent_ = urgent_ || is_urgent(action);
    applied_ = seq;
  }
  return more;
}

std::optional<PgFailure> Membership::renew() {
  const std::int64_t sent_at = MemoryLease::now();
  const std::int64_t length = options_.lease.count();
  PgStatement update("UPDATE daemons SET applied = $2, until = " MKT_DATABASE_NOW
                     " + $3 WHERE id = $1 AND EXISTS (SELECT 1 FROM schema_version AS s "
                     "CROSS JOIN log_head AS h WHERE s.id = 1 AND s.oldest <= $4 AND h.id = 1 AND "
                     "h.moved_to = '') RETURNING 1::bigint");
  update.bind(id_).bind(applied_).bind(length).bind(kSchemaVersion);
  PgAnswers answers = connection_->exchange({&update, 1}, deadline());
  if (answers.failure) return std::move(answers.failure);
  // A lease that only this primary knows is gone after a failover.
  if (answers.warned) return PgFailure{"", "no standby has confirmed the lease"};
  if (answers.rows[0].size() == 0) {
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
  lease_.renew(sent_at, length, head->seq);
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

void Membership::announce(std::string url) {
  const std::lock_guard lock(told_mutex_);
  url_ = std::move(url);
  is_told_ = false;
}

void Membership::set_settings(std::map<std::string, std::string> settings) {
  const std::lock_guard lock(told_mutex_);
  settings_ = std::move(settings);
  is_told_ = false;
}

std::optional<PgFailure> Membership::tell_people() {
  PgStatement update("UPDATE daemons SET url = $2, settings = $3 WHERE id = $1");
  {
    const std::lock_guard lock(told_mutex_);
    if (std::exchange(is_told_, true)) return std::nullopt;
    update.bind(id_).bind(url_).bind(dump_json(Json(settings_)));
  }
  PgAnswers answers = connection_->exchange({&update, 1}, deadline());
  if (!answers.failure) return std::nullopt;
  const std::lock_guard lock(told_mutex_);
  is_told_ = false;
  return std::move(answers.failure);
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
  // Each has a connection: further ones keep their thread, so that these have a bound.
  const InProgress waiting(waiting_);
  std::optional<LongWait> long_wait;
  if (waiting.count() <= kLongWaits) long_wait.emplace();
  static const std::string kLook = look_for_others();
  // Nothing while a daemon may still have a lease of which the database does not know any more.
  static constexpr const char* kNewestInEra =
      "SELECT seq FROM log_head WHERE id = 1 AND era_at + $1 < " MKT_DATABASE_NOW;
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
      PgStatement look(newest ? kLook.c_str() : kNewestInEra);
      if (newest) {
        look.bind(id_).bind(*newest).bind(options_.lease.count());
      } else {
        look.bind(options_.lease.count());
      }
      PgAnswers answers = connection->exchange({&look, 1}, deadline());
      if (answers.failure) {
        why = answers.failure->message;
      } else if (!newest && answers.rows[0].size() == 0) {
        why = "the database has lost history, and the leases with it";
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
