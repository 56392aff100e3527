#include "common/base/turns.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace mkt {

TEST_CASE("no more threads work at once than there are turns") {
  Turns turns(2);
  std::atomic<int> at_work = 0, most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 100; ++round) {
          const Turn turn(turns);
          const int now = ++at_work;
          int before = most;
          while (before < now && !most.compare_exchange_weak(before, now)) {
          }
          std::this_thread::yield();
          --at_work;
        }
      });
    }
  }
  CHECK(most <= 2);
}

TEST_CASE("who waits lets another have its turn, and has it again afterwards") {
  Turns turns(1);
  const Turn mine(turns);
  Semaphore worked;
  std::jthread other([&] {
    const Turn turn(turns);
    worked.raise();
  });
  {
    const TurnPause pause;
    const TurnPause within;  // gives nothing up that is not held
    worked.wait();
  }
  std::atomic<bool> mine_is_over = false;
  std::jthread third([&] {
    const Turn turn(turns);
    CHECK(mine_is_over);
  });
  mine_is_over = true;
  const TurnPause pause;
  third.join();
}

TEST_CASE("a pause without a turn does nothing") {
  Turns turns(1);
  { const TurnPause pause; }
  const Turn turn(turns);
}

}  // namespace mkt
