// Workers: everything that was taken is run or expires, nothing more than the bound is taken.
#include "daemon/http/worker_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

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

TEST_CASE("after a standstill work is taken again") {
  std::promise<void> go;
  std::shared_future<void> gate(go.get_future());
  std::atomic<int> run = 0;
  WorkerPool pool("test", 1, 1000, std::chrono::minutes(1), std::chrono::milliseconds(1));
  // All of them, unless even the first had to wait for its thread.
  int taken = 0;
  for (int i = 0; i < 10; ++i) {
    const auto work = [&, gate] {
      gate.wait();
      ++run;
    };
    taken += pool.submit({work, [] {}}) ? 1 : 0;
  }
  CHECK(taken >= 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  go.set_value();
  while (run < taken) std::this_thread::yield();
  CHECK(pool.submit({[&] { ++run; }, [] {}}));
}

TEST_CASE("a queue that moves slowly is kept short, and is as long as before once it moves again") {
  constexpr auto kSlow = std::chrono::milliseconds(10);
  std::atomic<std::size_t> run = 0;
  std::atomic<bool> slow = true;
  std::mutex gate;
  WorkerPool pool("test", 1, 1000, std::chrono::minutes(1), 5 * kSlow);
  const auto add = [&] {
    return pool.submit({[&] {
                          if (slow) std::this_thread::sleep_for(kSlow);
                          const std::lock_guard through(gate);
                          ++run;
                        },
                        [] {}});
  };
  const auto wait_for = [&](std::size_t count) {
    while (run < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  // Nobody was seen to wait: a burst is taken whole.
  {
    const std::lock_guard nobody_gets_on(gate);
    for (int i = 0; i < 30; ++i) REQUIRE(add());
  }
  wait_for(30);
  // At ten milliseconds a place, there is room for five beside the one that is worked on.
  std::size_t taken = 0;
  {
    const std::lock_guard nobody_gets_on(gate);
    for (int i = 0; i < 30; ++i) taken += add() ? 1U : 0U;
  }
  CHECK(taken >= 1);
  CHECK(taken <= 6);
  std::size_t expected = 30 + taken;
  wait_for(expected);
  slow = false;
  // On a machine that is slow itself it takes longer until a burst is taken whole again.
  for (std::size_t burst = 0; burst < 30;) {
    for (int i = 0; i < 50; ++i) {
      REQUIRE(add());  // one at a time never waits for others
      wait_for(++expected);
    }
    burst = 0;
    while (burst < 30 && add()) ++burst;
    expected += burst;
    wait_for(expected);
  }
}

}  // namespace
}  // namespace mkt
