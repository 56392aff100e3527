#include "common/reliability/retry.h"

#include <doctest/doctest.h>

#include "tests/unit/reliability/fake_clock.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct BackedOffFixture {
  FakeClock clock;
  RetryPolicy policy;
  int calls = 0;

  BackedOffFixture() { policy.clock = &clock; }

  // Fails so many times, then succeeds.
  auto failing(int times, Error error = Error(ErrorCode::overloaded, "busy")) {
    return [this, times, error]() -> Result<int> {
      if (++calls <= times) return error;
      return 42;
    };
  }
};

TEST_CASE_FIXTURE(BackedOffFixture, "a call that works is made once") {
  const auto report = retry_with_result(failing(0), policy);
  CHECK(*report.result == 42);
  CHECK(report.attempts == 1);
  CHECK(report.failed.empty());
  CHECK(clock.slept.empty());
}

TEST_CASE_FIXTURE(BackedOffFixture, "the report tells every failure and every wait") {
  policy.backoff = Backoff::fast();
  const auto report = retry_with_result(failing(2), policy);
  CHECK(*report.result == 42);
  CHECK(report.attempts == 3);
  REQUIRE(report.failed.size() == 2);
  CHECK(report.failed[0].wait == 100ms);
  CHECK(report.failed[1].wait == 200ms);
  CHECK(report.failed[1].error.message == "busy");
  CHECK(report.total == 300ms);
  CHECK(clock.slept == std::vector<milliseconds>{100ms, 200ms});
}

TEST_CASE_FIXTURE(BackedOffFixture, "after the last attempt there is no wait") {
  policy.backoff = Backoff::fast();
  const auto report = retry_with_result(failing(99), policy);
  CHECK(report.result.error().code == ErrorCode::overloaded);
  CHECK(report.end == RetryEnd::attempts_used);
  CHECK(calls == 3);
  CHECK(report.failed.size() == 3);
  CHECK(report.failed.back().wait == 0ms);
  CHECK(clock.slept.size() == 2);
}

TEST_CASE_FIXTURE(BackedOffFixture, "what cannot pass is not tried again") {
  const auto report =
      retry_with_result(failing(99, Error(ErrorCode::signature_invalid, "no")), policy);
  CHECK(calls == 1);
  CHECK(report.end == RetryEnd::not_retryable);
}

TEST_CASE_FIXTURE(BackedOffFixture,
                  "a wait longer than the backoff's is honoured where asked for") {
  policy.backoff = Backoff::fast();
  Error error(ErrorCode::rate_limited, "later");
  error.retry_after = 7s;
  const auto report = retry_with_result(failing(1, error), policy);
  CHECK(report.result);
  CHECK(clock.slept == std::vector<milliseconds>{7s});
}

TEST_CASE_FIXTURE(BackedOffFixture, "a wait that nobody would wait for ends it at once") {
  Error error(ErrorCode::rate_limited, "tomorrow");
  error.retry_after = 24h;
  const auto report = retry_with_result(failing(1, error), policy);
  CHECK(report.end == RetryEnd::hint_too_long);
  CHECK(clock.slept.empty());
  CHECK(*report.result.error().retry_after == 24h);
}

TEST_CASE_FIXTURE(BackedOffFixture, "no wait goes past the deadline") {
  policy.backoff = Backoff::patient();
  policy.deadline = 5s;
  const auto report = retry_with_result(failing(99), policy);  // 2 s, then 4 s would be too long
  CHECK(report.end == RetryEnd::deadline);
  CHECK(report.attempts == 2);
  CHECK(clock.slept == std::vector<milliseconds>{2s});
}

TEST_CASE_FIXTURE(BackedOffFixture, "an attempt is told which it is and what time is left") {
  policy.backoff = Backoff::fast();
  policy.deadline = 1s;
  std::vector<Attempt> seen;
  (void)retry_with_result(
      [&](const Attempt& attempt) -> Result<int> {
        seen.push_back(attempt);
        clock.advance(50ms);
        return Error(ErrorCode::timed_out, "slow");
      },
      policy);
  REQUIRE(seen.size() == 3);
  CHECK(seen[2].number == 3);
  CHECK(*seen[0].left == 1s);
  CHECK(*seen[1].left == 850ms);
}

TEST_CASE_FIXTURE(BackedOffFixture, "a stop ends it, before and within a wait") {
  std::stop_source stop;
  policy.stop = stop.get_token();
  policy.before_wait = [&](const FailedAttempt&, const Attempt&) { stop.request_stop(); };
  const auto report = retry_with_result(failing(99), policy);
  CHECK(report.end == RetryEnd::stopped);
  CHECK(report.attempts == 1);
  CHECK(retry_with_result(failing(99), policy).end == RetryEnd::stopped);
}

TEST_CASE_FIXTURE(BackedOffFixture, "retry returns the value or throws the last error") {
  policy.backoff = Backoff::fast();
  CHECK(retry(failing(2), policy) == 42);
  calls = 0;
  try {
    (void)retry(failing(99), policy);
    FAIL("nothing was thrown");
  } catch (const CallFailed& e) {
    CHECK(e.error().code == ErrorCode::overloaded);
  }
}

TEST_CASE_FIXTURE(BackedOffFixture, "a call may throw and return plain values") {
  policy.may_retry = [](const Error&) { return true; };
  const auto twice = [this] {
    if (++calls < 2) throw std::runtime_error("at first");
    return std::string("then");
  };
  CHECK(retry(twice, policy) == "then");
  CHECK_THROWS_WITH_AS(retry([]() -> int { throw std::logic_error("always"); }, policy), "always",
                       std::logic_error);
  const auto report = retry_with_result([] { throw std::runtime_error("x"); }, policy);
  CHECK(report.result.error().message == "x");
}

}  // namespace
}  // namespace mkt
