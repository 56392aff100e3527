// retry: trying again what may work the next time.
//
//   RetryPolicy policy;
//   policy.backoff = Backoff::fast();
//   policy.deadline = 30s;
//   auto report = retry_with_result([&] { return client.send(request); }, policy);
//   if (!report.result) return report.result.error();
//
// What is called returns a Result<T>, or a plain value and throws; it may take an Attempt, which
// says which one it is and how much time is left. After a failure that may pass (may_retry) comes
// the backoff's delay, or what the other side asked for (Error::retry_after) where that is longer.
// There is no other attempt where the wait would end after the deadline, where the budget is used
// up, or where a stop was requested; a wait is never cut short to try early.
//
// May be called from any thread; a policy may be shared where its functions may be.
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

// Could the same call succeed a little later? Of connections that fail, time-outs, overload, rate
// limits and open breakers: yes. Whether it may be sent twice is for the caller to know.
bool is_transient(const Error& error);

struct Attempt {
  int number = 1;
  std::optional<std::chrono::milliseconds> left;  // until the deadline, where there is one
};

// A failed attempt and the wait that followed; none after the last.
struct FailedAttempt {
  Error error;
  std::chrono::milliseconds wait{0};
};

struct RetryPolicy {
  Backoff backoff = Backoff::standard();
  // For all attempts and waits together, from the first one's start.
  std::optional<std::chrono::milliseconds> deadline = std::nullopt;
  std::stop_token stop = {};
  std::function<bool(const Error&)> may_retry = is_transient;
  // Before each wait: what failed, and for how long it will wait.
  std::function<void(const FailedAttempt&, const Attempt&)> before_wait = {};
  // The longest wait; a server that asks for a longer one is not waited for.
  std::chrono::milliseconds longest_hint{30'000};
  RetryBudget* budget = nullptr;  // none: not bounded
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
  std::exception_ptr thrown;  // by the last attempt, where that is how it failed
};

// What `retry` throws where the call did not throw by itself.
class CallFailed : public std::runtime_error {
 public:
  explicit CallFailed(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

// The course of one call: the part that knows no types.
class RetryCourse {
 public:
  explicit RetryCourse(const RetryPolicy& policy);

  Attempt attempt() const;
  // After a failure: waits and returns true where there is to be another attempt.
  bool again(const Error& error);

  RetryEnd end() const { return end_; }
  int attempts() const { return attempts_; }
  std::vector<FailedAttempt> take_failed() { return std::move(failed_); }
  std::chrono::milliseconds total() const;

 private:
  // The wait before the next attempt, or none and why in end_.
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

// The value, or the last error thrown: what the call threw, or CallFailed.
template <typename F>
detail::ValueOf<F> retry(F fn, const RetryPolicy& policy = {}) {
  auto report = retry_with_result(std::move(fn), policy);
  if (report.thrown) std::rethrow_exception(report.thrown);
  if (!report.result) throw CallFailed(std::move(report.result).error());
  if constexpr (!std::is_void_v<detail::ValueOf<F>>) return std::move(report.result).value();
}

}  // namespace mkt
