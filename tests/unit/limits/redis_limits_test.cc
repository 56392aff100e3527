// Against a real Redis, which tests/integration/redis.sh starts and names in MKT_TEST_REDIS;
// without it they skip themselves.
#include "daemon/limits/redis_limits.h"

#include <hiredis/hiredis.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/unit/limits/limit_store_conformance.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

const char* redis_for_tests() { return std::getenv("MKT_TEST_REDIS"); }

// ctest reads the message, and reports the test as skipped.
bool has_redis() {
  if (redis_for_tests() != nullptr) return true;
  MESSAGE("SKIPPED: MKT_TEST_REDIS names no Redis");
  return false;
}

RedisUrl test_url() { return *RedisUrl::parse(redis_for_tests()); }

// What is promised here is not promised within a time: the machine may be busy with other tests.
constexpr std::chrono::seconds kRedisPatience{10};

// The clock that Redis counts by.
class RedisClock {
 public:
  RedisClock() {
    auto opened = RedisConnection::open(test_url(), deadline());
    REQUIRE(opened);
    connection_ = std::move(*opened);
  }
  std::int64_t now_us() {
    const auto reply = connection_->call({"TIME"}, deadline());
    REQUIRE(reply);
    REQUIRE((*reply)->elements == 2);
    return std::stoll((*reply)->element[0]->str) * 1'000'000 +
           std::stoll((*reply)->element[1]->str);
  }
  // Until Redis says that so much time has passed.
  void wait(std::int64_t us) {
    const std::int64_t end = now_us() + us;
    for (std::int64_t left = us; left > 0; left = end - now_us()) {
      std::this_thread::sleep_for(std::chrono::microseconds(left));
    }
  }

 private:
  static RedisConnection::Deadline deadline() {
    return std::chrono::steady_clock::now() + kRedisPatience;
  }
  std::unique_ptr<RedisConnection> connection_;
};

TEST_CASE("with Redis: requests counted there") {
  if (!has_redis()) return;
  RedisLimits limits(test_url(), kRedisPatience);
  REQUIRE(limits.connect());
  for (const char* subject : {"publisher:acme", "publisher:other"}) {
    REQUIRE(limits.reset({LimitScope::publish, subject}, {3, 1s}));
    REQUIRE(limits.reset({LimitScope::search, subject}, {3, 1s}));
  }
  RedisClock clock;
  check_limit_store(
      limits, [&](std::int64_t us) { clock.wait(us); }, [&] { return clock.now_us(); }, 4);
}

TEST_CASE("with Redis: many threads of several daemons together get exactly the limit") {
  if (!has_redis()) return;
  for (const std::uint32_t requests : {100U, 1000U}) {
    const Limit limit{requests, 1h};
    const LimitKey key{LimitScope::publish, "publisher:busy"};
    RedisLimits one(test_url(), kRedisPatience), two(test_url(), kRedisPatience);
    REQUIRE(one.connect());
    REQUIRE(two.connect());
    REQUIRE(one.reset(key, limit));
    std::atomic<std::uint32_t> passed{0};
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i) {
          const auto d = (t % 2 == 0 ? one : two).check(key, limit);
          if (!d) ++failed;
          if (d && d->allowed) ++passed;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(failed == 0);
    CHECK(passed == requests);
  }
}

TEST_CASE("with Redis: what passed elsewhere is merged, unless it is past, and counts once") {
  if (!has_redis()) return;
  RedisLimits limits(test_url(), kRedisPatience);
  REQUIRE(limits.connect());
  const auto now = std::chrono::steady_clock::now();
  for (const std::uint32_t requests : {100U, 1000U}) {
    const Limit limit{requests, 1min};
    const LimitKey key{LimitScope::install, "tenant:owed"};
    REQUIRE(limits.reset(key, limit));
    CountedLedger ledger;
    for (const auto ago : {5s, 5s, 120s}) {
      const bool logged = requests <= LimitStore::kMaxLogged;
      const auto slices_ago =
          static_cast<std::uint64_t>(ago / (limit.window / LimitStore::kSlices));
      const std::uint64_t part = limits.part_of(limit, limits.next_number());
      ledger.count(key, limit, logged ? part : part - slices_ago, now - ago);
    }
    for (int time = 0; time < 3; ++time) {
      REQUIRE(limits.merge(ledger.in_window(now - 100s)));
      const auto d = limits.peek(key, limit);
      REQUIRE(d);
      CHECK(d->remaining == requests - 2);
      CHECK(d->reset <= 57s);
      CHECK(d->reset > 45s);
    }
  }
}

TEST_CASE("with Redis: what two daemons counted is put back once, whatever Redis lost of it") {
  if (!has_redis()) return;
  RedisLimits one(test_url(), kRedisPatience), two(test_url(), kRedisPatience);
  REQUIRE(one.connect());
  REQUIRE(two.connect());
  for (const std::uint32_t requests : {100U, 1000U}) {
    CAPTURE(requests);
    const Limit limit{requests, 1h};
    const LimitKey key{LimitScope::install, "tenant:lost"};
    REQUIRE(one.reset(key, limit));
    CountedLedger ledger_of_one, ledger_of_two;
    const auto count = [&](RedisLimits& limits, CountedLedger& ledger) {
      const auto counted = limits.check(key, limit, limits.next_number());
      REQUIRE(counted);
      REQUIRE(counted->decision.allowed);
      ledger.count(key, limit, counted->part, std::chrono::steady_clock::now());
    };
    for (int i = 0; i < 20; ++i) count(one, ledger_of_one);
    for (int i = 0; i < 16; ++i) count(two, ledger_of_two);
    const auto remaining_after_merging = [&] {
      const auto now = std::chrono::steady_clock::now();
      for (int time = 0; time < 2; ++time) {
        REQUIRE(one.merge(ledger_of_one.in_window(now)));
        REQUIRE(two.merge(ledger_of_two.in_window(now)));
      }
      return one.peek(key, limit)->remaining;
    };
    CHECK(remaining_after_merging() == requests - 36);  // nothing was lost
    REQUIRE(one.reset(key, limit));
    CHECK(remaining_after_merging() == requests - 36);  // all was
    REQUIRE(one.reset(key, limit));
    for (int i = 0; i < 4; ++i) count(two, ledger_of_two);  // Redis has these only
    CHECK(remaining_after_merging() == requests - 40);
    // And counts on where it was.
    count(one, ledger_of_one);
    CHECK(remaining_after_merging() == requests - 41);
  }
}

TEST_CASE("without a Redis a check fails, at once") {
  RedisLimits limits(*RedisUrl::parse("unix:/nonexistent/redis.sock"));
  CHECK_FALSE(limits.connect());
  const auto d = limits.check({LimitScope::publish, "publisher:acme"}, {1, 1s});
  REQUIRE_FALSE(d);
  CHECK(d.error().code == ErrorCode::registry_unavailable);
}

}  // namespace
}  // namespace mkt
