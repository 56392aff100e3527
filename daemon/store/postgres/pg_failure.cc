#include "daemon/store/postgres/pg_failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace mkt::postgres {
namespace {

// When to come back after an outage that may be short, such as a failover.
constexpr std::chrono::milliseconds kComeBack{1000};

constexpr auto kRaces = std::to_array<std::string_view>({
    "40001",  // serialization_failure
    "40P01",  // deadlock_detected
    "55P03",  // lock_not_available
    "23505",  // unique_violation: another change was first to add the row
});

constexpr auto kGone = std::to_array<std::string_view>({
    "25006",  // read_only_sql_transaction: a standby
    "40003",  // statement_completion_unknown
    "57P01",  // admin_shutdown
    "57P02",  // crash_shutdown
    "57P03",  // cannot_connect_now
    "25P03",  // idle_in_transaction_session_timeout: the server gave this change up
});

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& states, std::string_view state) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

Error coming_back(ErrorCode code, std::string message) {
  Error error(code, std::move(message));
  error.retry_after = kComeBack;
  return error;
}

}  // namespace

FailureKind kind_of(const PgFailure& failure) {
  const std::string_view state = failure.state;
  if (state.empty() || state.starts_with("08") || is_among(kGone, state)) {
    return FailureKind::reconnect;
  }
  if (is_among(kRaces, state)) return FailureKind::decide_again;
  if (state == "53100") return FailureKind::storage_full;
  if (state == "22021" || state == "22P05") return FailureKind::bad_text;
  // Resources, an operator's intervention, a system error, an internal one.
  for (const char* failed : {"53", "57", "58", "XX"}) {
    if (state.starts_with(failed)) return FailureKind::storage_failed;
  }
  return FailureKind::bug;
}

Error error_of(const PgFailure& failure) {
  switch (kind_of(failure)) {
    case FailureKind::decide_again:
      return coming_back(ErrorCode::overloaded,
                         fmt::format("too many changes of the same thing at once ({}); try again",
                                     failure.message));
    case FailureKind::storage_full:
      return Error(ErrorCode::storage_full, "the database's disk is full; nothing was changed");
    case FailureKind::bad_text:
      return Error(ErrorCode::invalid_input,
                   "a text has a character that the registry cannot keep (a NUL, or no UTF-8)");
    case FailureKind::bug:
      return Error(
          ErrorCode::internal_error,
          fmt::format("the database refused a statement: {} ({})", failure.message, failure.state));
    case FailureKind::reconnect:
    case FailureKind::storage_failed:
      break;
  }
  return coming_back(ErrorCode::storage_failed,
                     fmt::format("the registry's database failed: {}", failure.message));
}

}  // namespace mkt::postgres
