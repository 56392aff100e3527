#include "daemon/store/postgres/change_runner.h"

#include <fmt/format.h>

#include <exception>
#include <numeric>

#include "common/base/turns.h"
#include "daemon/store/postgres/touches_text.h"
#include "daemon/store/postgres/wake_up.h"

namespace mkt::postgres {
namespace {

using std::chrono::steady_clock;

// Between two attempts to settle a ticket.
constexpr std::chrono::milliseconds kSettleAgain{50};

Error all_writers_busy() {
  Error error(ErrorCode::overloaded, "too many changes wait for the database; try again");
  error.retry_after = std::chrono::milliseconds(1000);
  return error;
}

Error unknown_outcome(const PgFailure& failure) {
  return Error(
      ErrorCode::storage_failed,
      fmt::format("the database went away before it said whether the change was made; look "
                  "at what is there before you ask again ({})",
                  failure.message));
}

// A bug of ours fails only the change it is in, not the daemon.
Error unexpected_in_change(const std::exception& e) {
  return Error(ErrorCode::internal_error,
               fmt::format("a change failed unexpectedly: {}", e.what()));
}

}  // namespace

RetryPolicy change_retry() {
  RetryPolicy policy;
  policy.backoff = {10, std::chrono::milliseconds(5), std::chrono::seconds(2), 2, 0, true};
  policy.deadline = std::chrono::seconds(2);
  // The runner itself knows which failures may pass. There is no budget: changes that race for one
  // row are no sign that the database fails, and each race has a winner.
  policy.may_retry = [](const Error&) { return true; };
  return policy;
}

Error database_is_away(const CircuitBreaker& breaker) {
  Error error(ErrorCode::storage_failed,
              "the registry's database does not answer; try again later");
  error.retry_after = std::max(breaker.retry_after(), std::chrono::milliseconds(1000));
  return error;
}

void report(CircuitBreaker::Permit permit, const PgFailure* failure) {
  if (failure == nullptr || kind_of(*failure) != FailureKind::reconnect) {
    permit.success();
  } else if (failure->late) {
    permit.failure(failure->message);
  }
}

ChangeRunner::ChangeRunner(const PgTarget& target, std::size_t writers, const ChangeTimes& times,
                           const RetryPolicy& retry, CircuitBreaker& breaker, Told told)
    : target_(target),
      times_(times),
      retry_(retry),
      breaker_(breaker),
      told_(std::move(told)),
      writers_(target, writers) {}

Result<ChangeDone> ChangeRunner::run(const Touches& touches, const Decide& decide) {
  RetryCourse course(retry_);
  for (;;) {
    Attempted attempted = attempt(touches, decide);
    if (auto* done = std::get_if<Result<ChangeDone>>(&attempted)) return std::move(*done);
    const PgFailure& failure = std::get<PgFailure>(attempted);
    const Error error = error_of(failure);
    const FailureKind kind = kind_of(failure);
    const bool may_pass = kind == FailureKind::decide_again || kind == FailureKind::reconnect;
    Error plain = error;
    plain.retry_after.reset();  // it is for the caller
    const TurnPause pause;
    if (!may_pass || failure.late || !course.again(plain)) {
      ++failed_;
      return error;
    }
  }
}

ChangeRunner::Attempted ChangeRunner::attempt(const Touches& touches, const Decide& decide) {
  auto lease = writers_.take(times_.queue);
  if (!lease) return Result<ChangeDone>(all_writers_busy());
  auto permit = breaker_.acquire();
  if (!permit) return Result<ChangeDone>(database_is_away(breaker_));
  if (auto failure = lease->connect(steady_clock::now() + times_.connect)) {
    permit->failure(failure->message);
    return std::move(*failure);
  }
  Attempted attempted = decide_and_commit(*lease, touches, decide);
  const PgFailure* failure = std::get_if<PgFailure>(&attempted);
  // One broken connection may mean that all are broken.
  if (!(*lease)->connection->usable()) writers_.drop_idle();
  report(std::move(*permit), failure);
  return attempted;
}

ChangeRunner::Attempted ChangeRunner::decide_and_commit(Pool::Lease& lease, const Touches& touches,
                                                        const Decide& decide) {
  PgSession& session = *lease;
  session.records.begin();
  session.flight.begin(Flight::Mode::change, times_.read);
  try {
    if (Status decided = decide(session.records); !decided) {
      return Result<ChangeDone>(std::move(decided).error());
    }
    Touches all = touches;  // and what the change adds itself
    for (std::string& id : session.records.take_touched()) all.connectors.push_back(std::move(id));
    const bool urgent = session.records.is_urgent();
    const std::string ticket = new_ticket();
    const auto began = steady_clock::now();
    const FlightEnd end = session.flight.commit(ticket, touches_text(all), times_.flight);
    if (end.kind == FlightEnd::Kind::failed) return *end.failure;
    if (end.kind == FlightEnd::Kind::in_doubt) return settle(ticket, *end.failure, all, urgent);
    sizes_.add(1);
    seconds_.add(std::chrono::duration<double>(steady_clock::now() - began).count());
    if (wakes_others_ && session.flight.entries() > 0)
      session.connection->post(PgStatement(kNotify));
    return Result<ChangeDone>(tell(all, end.seq, session.flight.entries(), urgent));
  } catch (const PgError& e) {
    return e.failure();
  } catch (const std::exception& e) {
    return Result<ChangeDone>(unexpected_in_change(e));
  }
}

ChangeRunner::Attempted ChangeRunner::settle(const std::string& ticket, const PgFailure& doubt,
                                             const Touches& touches, bool urgent) {
  const TurnPause pause;
  const auto deadline = steady_clock::now() + times_.settle;
  std::unique_ptr<Connection> connection;
  PgFailure last = doubt;
  while (steady_clock::now() < deadline) {
    if (!connection || !connection->usable()) {
      auto opened =
          Connection::open(target_, std::min(deadline, steady_clock::now() + times_.connect));
      if (opened) connection = std::move(*opened);
      if (!opened) last = std::move(opened.failure());
    }
    if (connection && connection->usable()) {
      auto settled = settle_ticket(*connection, ticket, deadline);
      if (settled && settled->committed) {
        return Result<ChangeDone>(
            tell(touches, settled->seq, static_cast<std::size_t>(settled->entries), urgent));
      }
      if (settled) return PgFailure{doubt.state, doubt.message};  // it left nothing: again
      last = std::move(settled.failure());
    }
    retry_.clock->sleep(kSettleAgain, {});
  }
  ++failed_;
  return Result<ChangeDone>(unknown_outcome(last));
}

// Without this call a view would still show what was revoked. It is better to end the daemon, so
// this is noexcept.
ChangeDone ChangeRunner::tell(const Touches& touches, std::int64_t seq, std::size_t entries,
                              bool urgent) noexcept {
  if (told_) told_(touches);
  std::vector<std::int64_t> numbers(entries);
  std::iota(numbers.begin(), numbers.end(), seq - static_cast<std::int64_t>(entries) + 1);
  return {EntryNumbers(std::move(numbers)), seq, urgent};
}

StoreCounts ChangeRunner::counts() const {
  return {writers_.waiting(), failed_, sizes_.snapshot(), seconds_.snapshot()};
}

}  // namespace mkt::postgres
