// Workers: everything that was taken is run or expires, nothing more than the bound is taken.
#include "daemon/http/worker_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "tests/unit/eventually.h"

namespace mkt {
namespace {

TEST_CASE("a full queue takes no more, and what it took is run") {
  std::atomic<int> run = 0;
  std::promise<void> go;
  std::shared_future<void> gate(go.get_future());
  std::promise<void> begun;
  {
    WorkerPool pool("test", 1, 2, std::chrono::minutes(1));
    REQUIRE(pool.submit({[&] {
                           begun.set_value();
                           gate.wait();
                           ++run;
                         },
                         [] {}}));
    begun.get_future().wait();
    CHECK(pool.submit({[&] { ++run; }, [] {}}));
    CHECK(pool.submit({[&] { ++run; }, [] {}}));
    CHECK_FALSE(pool.submit({[&] { ++run; }, [] {}}));
    go.set_value();
  }
  CHECK(run == 3);
}

TEST_CASE("what waited too long expires instead") {
  std::atomic<int> run = 0, expired = 0;
  {
    WorkerPool pool("test", 1, 10, std::chrono::milliseconds(-1));
    for (int i = 0; i < 5; ++i) REQUIRE(pool.submit({[&] { ++run; }, [&] { ++expired; }}));
  }
  CHECK(run == 0);
  CHECK(expired == 5);
}

TEST_CASE("what waited too long expires also while nobody gets on") {
  std::promise<void> go;
  std::shared_future<void> gate(go.get_future());
  std::promise<void> begun;
  std::atomic<int> run = 0, expired = 0;
  {
    WorkerPool pool("test", 1, 10, std::chrono::seconds(10));
    REQUIRE(pool.submit({[&] {
                           begun.set_value();
                           gate.wait();
                         },
                         [] {}}));
    begun.get_future().wait();
    for (int i = 0; i < 3; ++i) REQUIRE(pool.submit({[&] { ++run; }, [&] { ++expired; }}));
    const auto now = std::chrono::steady_clock::now();
    pool.expire_late(now);
    CHECK(expired == 0);
    pool.expire_late(now + std::chrono::seconds(11));
    CHECK(expired == 3);
    CHECK(pool.waiting() == 0);
    go.set_value();
  }
  CHECK(run == 0);
}

// A clock that stands still until it is told to go on, and a thread that works by it.
struct PoolFixture {
  static constexpr std::chrono::milliseconds kLongestWait{45};

  // How many are taken of so many that come at once, the first of which is begun before the others
  // come.
  std::size_t burst(std::size_t count, std::chrono::milliseconds takes) {
    const std::lock_guard nobody_gets_on(gate);
    const std::size_t before = begun;
    if (!add(takes)) return 0;
    REQUIRE(eventually([&] { return begun == before + 1; }));
    std::size_t taken = 1;
    for (std::size_t i = 1; i < count; ++i) taken += add(takes) ? 1U : 0U;
    return taken;
  }

  // Work that takes so long, and does not end while `gate` is held.
  bool add(std::chrono::milliseconds takes) {
    return pool.submit({[this, takes] {
                          clock_ms += takes.count();
                          ++begun;
                          const std::lock_guard through(gate);
                          ++done;
                        },
                        [] {}});
  }

  std::atomic<std::int64_t> clock_ms = 0;
  std::mutex gate;
  std::atomic<std::size_t> begun = 0, done = 0;
  WorkerPool pool{"test", 1, 1000, std::chrono::minutes(1), kLongestWait, [this] {
                    return WorkerPool::Clock::time_point(std::chrono::milliseconds(clock_ms));
                  }};
};

TEST_CASE_FIXTURE(PoolFixture, "after a standstill work is taken again") {
  {
    const std::lock_guard nobody_gets_on(gate);
    for (int i = 0; i < 10; ++i) REQUIRE(add({}));
    REQUIRE(eventually([&] { return begun == 1; }));
    clock_ms += 10'000;
  }
  REQUIRE(eventually([&] { return done == 10; }));
  CHECK(add({}));
}

TEST_CASE_FIXTURE(
    PoolFixture,
    "a queue that moves slowly is kept short, and is as long as before once it moves again") {
  // Nobody was seen to wait: a burst is taken whole.
  constexpr std::chrono::milliseconds kSlow{10};
  REQUIRE(burst(30, kSlow) == 30);
  REQUIRE(eventually([&] { return done == 30; }));
  // At somewhat less than ten milliseconds a place, there is room for five beside the one that is
  // worked on.
  CHECK(burst(30, kSlow) == 6);
  std::size_t expected = 36;
  REQUIRE(eventually([&] { return done == expected; }));
  // One at a time never waits for others.
  for (int i = 0; i < 50; ++i) {
    REQUIRE(add({}));
    ++expected;
    REQUIRE(eventually([&] { return done == expected; }));
  }
  CHECK(burst(30, {}) == 30);
}

// Work that is in a LongWait until `gate` is free.
struct LongWaitFixture {
  void wait_long() {
    REQUIRE(pool.submit({[this] {
                           const LongWait long_wait;
                           ++waiting;
                           const std::lock_guard through(gate);
                         },
                         [] {}}));
  }

  std::mutex gate;
  std::atomic<int> waiting = 0, done = 0, most_at_once = 0;
  WorkerPool pool{"test", 2, 1000, std::chrono::minutes(1)};
};

TEST_CASE_FIXTURE(LongWaitFixture, "those in a long wait stop nobody") {
  const std::lock_guard nobody_gets_on(gate);
  for (int i = 0; i < 20; ++i) wait_long();
  REQUIRE(eventually([&] { return waiting == 20; }));
  for (int i = 0; i < 10; ++i) REQUIRE(pool.submit({[&] { ++done; }, [] {}}));
  CHECK(eventually([&] { return done == 10; }));
}

TEST_CASE_FIXTURE(LongWaitFixture, "after long waits no more threads work at once than before") {
  {
    const std::lock_guard nobody_gets_on(gate);
    for (int i = 0; i < 20; ++i) wait_long();
    REQUIRE(eventually([&] { return waiting == 20; }));
  }
  // All of them have ended when this has run alone.
  std::atomic<int> working = 0;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(pool.submit({[&] {
                           int now = ++working;
                           for (int most = most_at_once; most < now;) {
                             if (most_at_once.compare_exchange_weak(most, now)) break;
                           }
                           std::this_thread::yield();
                           --working;
                           ++done;
                         },
                         [] {}}));
  }
  REQUIRE(eventually([&] { return done == 200; }));
  CHECK(most_at_once <= 2);
}

}  // namespace
}  // namespace mkt
