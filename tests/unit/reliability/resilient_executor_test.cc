#include "common/reliability/resilient_executor.h"

#include <doctest/doctest.h>

#include "tests/unit/reliability/fake_clock.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

struct ExecutorFixture {
  FakeClock clock;
  std::shared_ptr<CircuitBreaker> breaker =
      std::make_shared<CircuitBreaker>("thing", BreakerOptions{.failures = 2}, clock);
  RetryPolicy policy;
  int calls = 0;

  ExecutorFixture() {
    policy.clock = &clock;
    policy.backoff = Backoff::fast();
  }
  auto failing(ErrorCode code) {
    return [this, code]() -> Result<int> {
      ++calls;
      return Error(code, "no");
    };
  }
};

TEST_CASE_FIXTURE(ExecutorFixture, "every attempt counts, and an open breaker ends the retries") {
  const ResilientExecutor executor(breaker, policy);
  const auto report = executor.run(failing(ErrorCode::registry_unavailable));
  CHECK(calls == 2);
  CHECK(breaker->state() == BreakerState::open);
  // The third attempt was refused; it would have to wait 30 s, and that was the last.
  CHECK(report.result.error().code == ErrorCode::circuit_open);
  CHECK(report.attempts == 3);
}

TEST_CASE_FIXTURE(ExecutorFixture, "an open breaker is not asked again before it can be probed") {
  breaker->trip("by hand");
  breaker->reset();
  for (int i = 0; i < 2; ++i) breaker->acquire()->failure("down");
  const ResilientExecutor executor(breaker, policy);
  const auto report = executor.run([this]() -> Result<int> {
    ++calls;
    return 1;
  });
  CHECK(report.result);
  CHECK(calls == 1);
  CHECK(clock.slept == std::vector<std::chrono::milliseconds>{30s});
}

TEST_CASE_FIXTURE(ExecutorFixture,
                  "with a deadline it fails at once instead of waiting for the breaker") {
  for (int i = 0; i < 2; ++i) breaker->acquire()->failure("down");
  policy.deadline = 10s;
  const ResilientExecutor executor(breaker, policy);
  const auto report = executor.run(failing(ErrorCode::registry_unavailable));
  CHECK(report.end == RetryEnd::deadline);
  CHECK(calls == 0);
  CHECK(clock.slept.empty());
  CHECK(report.result.error().message.find("down") != std::string::npos);
}

TEST_CASE_FIXTURE(ExecutorFixture,
                  "errors that the caller made are no failures of the dependency") {
  const ResilientExecutor executor(breaker, policy);
  for (int i = 0; i < 10; ++i) (void)executor.run(failing(ErrorCode::invalid_request));
  CHECK(calls == 10);
  CHECK(breaker->state() == BreakerState::closed);
}

TEST_CASE_FIXTURE(ExecutorFixture, "what throws is counted and comes back as an error") {
  const ResilientExecutor executor(breaker, policy);
  const auto report = executor.run([]() -> int { throw std::runtime_error("thrown"); });
  CHECK(report.result.error().message == "thrown");
  CHECK(breaker->snapshot().failures == 1);
}

}  // namespace
}  // namespace mkt
