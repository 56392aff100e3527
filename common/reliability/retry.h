// retry: calls again what may succeed the next time.
//
//   RetryPolicy policy;
//   policy.backoff = Backoff::fast();
//   policy.deadline = 30s;
//   auto report = retry_with_result([&] { return client.send(request); }, policy);
//   if (!report.result) return report.result.error();
//
// The function returns a Result<T>, or returns a plain value and throws. It may take an Attempt,
// which has its number and how much time is left. After a failure that may pass (may_retry), retry
// waits for the backoff's delay, or for what the other side asked for (Error::retry_after) where
// that is longer. There is no other attempt where the wait would end after the deadline, where the
// budget is used up, or where a stop was requested. A wait is never shortened to try early.
//
// May be called from any thread; threads may share a policy where they may share its functions.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/reliability/backoff.h"
#include "common/reliability/clock.h"
#include "common/reliability/retry_budget.h"

namespace mkt {

// True where the same call could succeed a little later: failed connections, time-outs, overload,
// rate limits and open breakers. Only the caller knows whether the call may be sent twice.
bool is_transient(const Error& error);

struct Attempt {
  int number = 1;
  std::optional<std::chrono::milliseconds> left;  // until the deadline, where there is one
};

// A failed attempt and the wait after it; the last attempt has no wait.
struct FailedAttempt {
  Error error;
  std::chrono::milliseconds wait{0};
};

struct RetryPolicy {
  Backoff backoff = Backoff::standard();
  // For all attempts and waits together, from the start of the first attempt.
  std::optional<std::chrono::milliseconds> deadline = std::nullopt;
  std::stop_token stop = {};
  std::function<bool(const Error&)> may_retry = is_transient;
  // Called before each wait, with the failed attempt and the time it will wait.
  std::function<void(const FailedAttempt&, const Attempt&)> before_wait = {};
  // The longest wait. If a server asks for a longer one, retry gives up.
  std::chrono::milliseconds longest_hint{30'000};
  RetryBudget* budget = nullptr;  // null: no budget
  Clock* clock = &system_clock();
};

// Why there was no further attempt.
enum class RetryEnd {
  succeeded,
  not_retryable,
  attempts_used,
  deadline,
  hint_too_long,
  no_budget,
  stopped,
};

template <typename T>
struct RetryReport {
  Result<T> result;
  RetryEnd end = RetryEnd::succeeded;
  int attempts = 0;
  std::vector<FailedAttempt> failed;
  std::chrono::milliseconds total{0};
  std::exception_ptr thrown;  // by the last attempt, where it failed by throwing
};

// `retry` throws this where the call itself did not throw.
class CallFailed : public std::runtime_error {
 public:
  explicit CallFailed(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

// The course of one call, without its types.
class RetryCourse {
 public:
  explicit RetryCourse(const RetryPolicy& policy);

  Attempt attempt() const;
  // After a failure: returns false where there is no other attempt; else waits and returns true.
  bool again(const Error& error);

  RetryEnd end() const { return end_; }
  int attempts() const { return attempts_; }
  std::vector<FailedAttempt> take_failed() { return std::move(failed_); }
  std::chrono::milliseconds total() const;

 private:
  // The wait before the next attempt; nullopt where there is none, with the reason in end_.
  std::optional<std::chrono::milliseconds> next_wait(const Error& error);

  const RetryPolicy& policy_;
  const Clock::TimePoint started_;
  int attempts_ = 1;
  RetryEnd end_ = RetryEnd::succeeded;
  std::vector<FailedAttempt> failed_;
};

namespace detail {

template <typename T>
struct Unwrapped {
  using Type = T;
};
template <typename T>
struct Unwrapped<Result<T>> {
  using Type = T;
};

template <typename F>
auto call(F& fn, const Attempt& attempt) {
  if constexpr (std::is_invocable_v<F&, const Attempt&>) {
    return fn(attempt);
  } else {
    return fn();
  }
}

template <typename F>
using Returned = decltype(call(std::declval<F&>(), Attempt{}));

template <typename F>
using ValueOf = typename Unwrapped<Returned<F>>::Type;

template <typename F>
Result<ValueOf<F>> call_once(F& fn, const Attempt& attempt, std::exception_ptr& thrown) {
  thrown = nullptr;
  try {
    if constexpr (std::is_void_v<Returned<F>>) {
      call(fn, attempt);
      return {};
    } else {
      return call(fn, attempt);
    }
  } catch (const CallFailed& e) {
    thrown = std::current_exception();
    return e.error();
  } catch (const std::exception& e) {
    thrown = std::current_exception();
    return Error(ErrorCode::internal_error, e.what());
  }
}

}  // namespace detail

// Never throws what the call throws.
template <typename F>
RetryReport<detail::ValueOf<F>> retry_with_result(F fn, const RetryPolicy& policy = {}) {
  RetryCourse course(policy);
  std::exception_ptr thrown;
  for (;;) {
    auto result = detail::call_once(fn, course.attempt(), thrown);
    if (result || !course.again(result.error())) {
      return {std::move(result),    course.end(),   course.attempts(),
              course.take_failed(), course.total(), thrown};
    }
  }
}

// Returns the value, or throws the last error: what the call threw, or CallFailed.
template <typename F>
detail::ValueOf<F> retry(F fn, const RetryPolicy& policy = {}) {
  auto report = retry_with_result(std::move(fn), policy);
  if (report.thrown) std::rethrow_exception(report.thrown);
  if (!report.result) throw CallFailed(std::move(report.result).error());
  if constexpr (!std::is_void_v<detail::ValueOf<F>>) return std::move(report.result).value();
}

}  // namespace mkt
