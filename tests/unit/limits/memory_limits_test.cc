#include "daemon/limits/memory_limits.h"

#include <atomic>
#include <thread>

#include "tests/unit/limits/limit_store_conformance.h"
#include "tests/unit/reliability/fake_clock.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

TEST_CASE("requests counted in memory") {
  FakeClock clock;
  MemoryLimits limits(clock);
  check_limit_store(
      limits, [&](std::int64_t us) { clock.advance(std::chrono::microseconds(us)); },
      [&] {
        return std::chrono::duration_cast<std::chrono::microseconds>(clock.now().time_since_epoch())
            .count();
      },
      300);
}

TEST_CASE("in whole milliseconds the window is exact") {
  FakeClock clock;
  MemoryLimits limits(clock);
  const Limit limit{10, 100ms};
  const LimitKey key{LimitScope::publish, "publisher:acme"};
  PlainWindow plain(limit);
  std::mt19937 random(1);
  std::int64_t now = 0;
  for (int i = 0; i < 5'000; ++i) {
    const auto step = static_cast<std::int64_t>(random() % 20);
    now += step * 1000;
    clock.advance(std::chrono::milliseconds(step));
    const bool expected = plain.counted(now) < limit.requests;
    REQUIRE(limits.check(key, limit)->allowed == expected);
    if (expected) plain.pass(now);
  }
}

TEST_CASE("keys that nobody asks for leave, and there are never more than so many") {
  FakeClock clock;
  MemoryLimits limits(clock, 6400);
  const Limit limit{10, 1min};
  for (int i = 0; i < 50'000; ++i) {
    CHECK(limits.check({LimitScope::search, "address:" + std::to_string(i)}, limit)->allowed);
  }
  CHECK(limits.keys() <= 6400);
  CHECK(limits.keys() > 2000);
  for (int round = 0; round < 2; ++round) {
    clock.advance(2min);
    for (int i = 0; i < 2000; ++i) {
      (void)limits.check({LimitScope::search, "address:" + std::to_string(i)}, limit);
    }
  }
  CHECK(limits.keys() <= 4000);
}

TEST_CASE("a key that is asked for stays, however many others come") {
  FakeClock clock;
  MemoryLimits limits(clock, 64'000);
  const Limit limit{1, 1min};
  const LimitKey busy{LimitScope::search, "address:busy"};
  CHECK(limits.check(busy, limit)->allowed);
  for (int i = 0; i < 100'000; ++i) {
    CHECK(limits.check({LimitScope::search, "address:" + std::to_string(i)}, limit)->allowed);
    if (i % 50 == 0) REQUIRE_FALSE(limits.check(busy, limit)->allowed);
  }
}

TEST_CASE("after fifty days of silence the past is not taken for the future") {
  FakeClock clock;
  MemoryLimits limits(clock);
  const Limit limit{1, 15min};
  const LimitKey key{LimitScope::publish, "publisher:acme"};
  CHECK(limits.check(key, limit)->allowed);
  clock.advance(std::chrono::hours(24 * 50));
  CHECK(limits.check(key, limit)->allowed);
  CHECK_FALSE(limits.check(key, limit)->allowed);
}

TEST_CASE("what was counted elsewhere counts") {
  FakeClock clock;
  MemoryLimits limits(clock);
  const Limit limit{10, 1min};
  const LimitKey key{LimitScope::publish, "publisher:acme"};
  limits.raise_to(7, key, limit);
  CHECK(limits.peek(key, limit)->remaining == 3);
  limits.raise_to(4, key, limit);
  CHECK(limits.peek(key, limit)->remaining == 3);
  limits.raise_to(70, key, limit);
  CHECK_FALSE(limits.check(key, limit)->allowed);
}

TEST_CASE("many threads together get exactly the limit") {
  MemoryLimits limits;
  const Limit limit{100, 1h};
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        if (limits.check({LimitScope::publish, "publisher:acme"}, limit)->allowed) ++passed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(passed == 100);
}

}  // namespace
}  // namespace mkt
