// Workers: everything that was taken is run or expires, nothing more than the bound is taken.
#include "daemon/http/worker_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

namespace mkt {
namespace {

TEST_CASE("a full queue takes no more, and what it took is run") {
  std::atomic<int> run = 0;
  std::promise<void> go;
  std::shared_future<void> gate(go.get_future());
  std::promise<void> begun;
  {
    WorkerPool pool(1, 2, std::chrono::minutes(1));
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
    WorkerPool pool(1, 10, std::chrono::milliseconds(-1));
    for (int i = 0; i < 5; ++i) REQUIRE(pool.submit({[&] { ++run; }, [&] { ++expired; }}));
  }
  CHECK(run == 0);
  CHECK(expired == 5);
}

}  // namespace
}  // namespace mkt
