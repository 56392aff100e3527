#include "common/reliability/retry_budget.h"

#include <doctest/doctest.h>

#include "common/reliability/retry.h"
#include "tests/unit/reliability/fake_clock.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a program that makes few calls may retry three times in ten seconds") {
  FakeClock clock;
  RetryBudget budget(clock);
  budget.first_attempt();
  for (int i = 0; i < 3; ++i) CHECK(budget.take());
  CHECK_FALSE(budget.take());
  clock.advance(11s);
  CHECK(budget.take());
  CHECK(budget.totals().refused == 1);
}

TEST_CASE("in an outage retries add a tenth to the load, no more") {
  // 200 clients whose every call fails, a call each every half second, for five minutes.
  FakeClock clock;
  RetryBudget budget(clock);
  std::uint64_t calls = 0, attempts = 0;
  for (int step = 0; step < 600; ++step) {
    for (int client = 0; client < 200; ++client) {
      budget.first_attempt();
      ++calls;
      ++attempts;
      while (budget.take()) ++attempts;
    }
    clock.advance(500ms);
  }
  CHECK(static_cast<double>(attempts) <= 1.1 * static_cast<double>(calls) + 3);
  CHECK(static_cast<double>(attempts) >= 1.05 * static_cast<double>(calls));
}

TEST_CASE("what fails while the budget is used up is not tried again") {
  FakeClock clock;
  RetryBudget budget(clock);
  RetryPolicy policy;
  policy.clock = &clock;
  policy.budget = &budget;
  policy.backoff = Backoff::aggressive();
  const auto report =
      retry_with_result([] { return Result<int>(Error(ErrorCode::overloaded, "busy")); }, policy);
  CHECK(report.attempts == 4);
  CHECK(report.end == RetryEnd::no_budget);
}

}  // namespace
}  // namespace mkt
