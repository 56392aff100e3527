#include "daemon/store/postgres/postgres_store.h"

#include <array>

#include "common/base/encoding.h"
#include "daemon/store/postgres/cluster_rows.h"
#include "daemon/store/postgres/schema.h"
#include "daemon/store/postgres/tickets.h"

namespace mkt {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kIdBytes = 8;
constexpr std::chrono::seconds kConnectPatience{10};

// A failover takes about a second, so look again soon.
BreakerOptions database_breaker() {
  BreakerOptions options;
  options.open_for = std::chrono::milliseconds(500);
  options.longest_open = std::chrono::milliseconds(2000);
  options.successes = 1;
  return options;
}

Error all_readers_busy() {
  Error error(ErrorCode::overloaded, "too many reads wait for the database; try again");
  error.retry_after = std::chrono::milliseconds(1000);
  return error;
}

}  // namespace

Status PostgresStore::create(const std::string& url, std::chrono::milliseconds patience) {
  MKT_TRY(const postgres::PgTarget target, postgres::PgTarget::parse(url));
  const auto deadline = steady_clock::now() + patience;
  auto connection = postgres::Connection::open(target, deadline);
  if (!connection) return error_of(connection.failure());
  return create_schema(**connection, deadline);
}

Result<postgres::UpgradeReport> PostgresStore::upgrade(const std::string& url,
                                                       std::chrono::milliseconds patience) {
  MKT_TRY(const postgres::PgTarget target, postgres::PgTarget::parse(url));
  auto connection = postgres::Connection::open(target, steady_clock::now() + kConnectPatience);
  if (!connection) return error_of(connection.failure());
  return postgres::upgrade_schema(**connection, postgres::upgrade_steps(),
                                  steady_clock::now() + patience);
}

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(const std::string& url,
                                                           const PostgresOptions& options) {
  MKT_TRY(const postgres::PgTarget target, postgres::PgTarget::parse(url));
  const auto deadline = steady_clock::now() + options.open;
  auto connection = postgres::Connection::open(target, deadline);
  if (!connection) return error_of(connection.failure());
  MKT_CHECK(check_schema(**connection, deadline));
  return std::unique_ptr<PostgresStore>(new PostgresStore(target, options));
}

PostgresStore::PostgresStore(const postgres::PgTarget& target, const PostgresOptions& options)
    : target_(target),
      options_(options),
      breaker_("database", database_breaker(), *options.retry.clock),
      readers_(target, options.readers),
      changes_(target, options.writers, options.change, options.retry, breaker_,
               [this](const Touches& touches) { watchers_.tell(touches); }),
      daemon_(random_hex(kIdBytes)),
      jobs_(target, daemon_, options.jobs) {}

PostgresStore::~PostgresStore() = default;

Status PostgresStore::join(const postgres::MembershipOptions& options) {
  MKT_TRY(membership_, postgres::Membership::join(
                           target_, daemon_, options, memory_, position_,
                           [this](const Touches& touches) { watchers_.tell(touches); },
                           [this] {
                             const std::lock_guard lock(out_mutex_);
                             is_out_ = true;
                             if (when_out_) when_out_();
                           }));
  changes_.wake_others();
  return {};
}

Result<EntryNumbers> PostgresStore::change(const Touches& touches,
                                           const std::function<Status(Records&)>& decide) {
  auto done = changes_.run(touches, decide);
  const bool failed = !done && (done.error().code == ErrorCode::storage_failed ||
                                done.error().code == ErrorCode::overloaded);
  // Also where there was nothing to do any more: somebody else has revoked it, and may still wait.
  // This daemon may not have heard of that yet.
  const bool nothing_done = !failed && (!done || done->numbers.size() == 0);
  // (A token without an entry was only used.)
  const bool may_be_revoked = touches.keys || touches.publishers || touches.everything ||
                              (!done && !touches.tokens.empty());
  if (membership_ && nothing_done && may_be_revoked) watchers_.tell(touches);
  // What is gone may be gone on this server alone so far.
  if (membership_ && !done && nothing_done && may_be_revoked) {
    MKT_CHECK(changes_.run(Touches::nothing(), [](Records&) -> Status { return {}; }));
  }
  const bool waits = (done && done->urgent) || (nothing_done && may_be_revoked);
  if (membership_ && waits) MKT_CHECK(membership_->wait_for_others());
  if (!done) return done.error();
  // Also where somebody else had done it: this is not before.
  position_.set_written(done->seq);
  return std::move(done->numbers);
}

Result<postgres::Pool::Lease> PostgresStore::take_reader() {
  auto lease = readers_.take(options_.reader_queue);
  if (!lease) return all_readers_busy();
  return std::move(*lease);
}

Status PostgresStore::read_once(const std::function<Status(const Records&)>& look, bool& stale) {
  MKT_TRY(postgres::Pool::Lease lease, take_reader());
  auto permit = breaker_.acquire();
  if (!permit) return postgres::database_is_away(breaker_);
  if (auto failure = lease.connect(steady_clock::now() + options_.change.connect)) {
    permit->failure(failure->message);
    return error_of(*failure);
  }
  postgres::PgSession& session = *lease;
  session.records.begin();
  session.flight.begin(postgres::Flight::Mode::read, options_.read);
  try {
    Status seen = look(session.records);
    session.flight.end_read();
    permit->success();
    return seen;
  } catch (const postgres::PgError& e) {
    stale = kind_of(e.failure()) == postgres::FailureKind::reconnect && !e.failure().late &&
            !session.flight.has_read();
    report(std::move(*permit), &e.failure());
    return error_of(e.failure());
  }
}

Status PostgresStore::read(const std::function<Status(const Records&)>& look) {
  bool stale = false;
  Status seen = read_once(look, stale);
  if (!stale) return seen;
  // The server was restarted while the connection was idle. Nothing was read yet, so look again.
  readers_.drop_idle();
  return read_once(look, stale);
}

Result<ClusterState> PostgresStore::cluster() {
  MKT_TRY(postgres::Pool::Lease lease, take_reader());
  const auto deadline = steady_clock::now() + options_.read;
  if (auto failure = lease.connect(deadline)) return error_of(*failure);
  auto state = postgres::read_cluster_state(*lease->connection, deadline);
  if (!state) return error_of(state.failure());
  return std::move(*state);
}

Result<std::string> PostgresStore::shared_secret(std::string_view name, std::string_view made) {
  MKT_TRY(postgres::Pool::Lease lease, take_reader());
  const auto deadline = steady_clock::now() + options_.read;
  if (auto failure = lease.connect(deadline)) return error_of(*failure);
  postgres::PgStatement keep(
      "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
  keep.bind(name).bind(made);
  // Always a write, so that its commit is confirmed by a standby before the secret is used.
  postgres::PgStatement look("UPDATE secrets SET value = value WHERE name = $1 RETURNING value");
  look.bind(name);
  const std::array statements{std::move(keep), std::move(look)};
  postgres::PgAnswers answers = lease->connection->exchange(statements, deadline);
  if (answers.failure) return error_of(*answers.failure);
  return answers.rows[1][0].only<std::string>();
}

Result<std::int64_t> PostgresStore::remove_old_tickets(std::int64_t limit) {
  MKT_TRY(postgres::Pool::Lease lease, take_reader());
  const auto deadline = steady_clock::now() + options_.read;
  if (auto failure = lease.connect(deadline)) return error_of(*failure);
  auto removed = postgres::remove_old_tickets(*lease->connection, limit, deadline);
  if (!removed) return error_of(removed.failure());
  return *removed;
}

}  // namespace mkt
