// How far a daemon has heard of the log.
#include "daemon/store/log_position.h"

#include <doctest/doctest.h>

#include <thread>

namespace mkt {
namespace {

using std::chrono::milliseconds;

TEST_CASE("the newest entry is the one that was told or written last") {
  LogPosition position;
  position.set_told(5);
  CHECK(position.newest() == 5);
  position.set_written(9);
  position.set_written(7);
  CHECK(position.told() == 5);
  CHECK(position.newest() == 9);
  position.set_told(12);
  CHECK(position.newest() == 12);
}

TEST_CASE("who waits for an entry goes on when it was told, and not for ever") {
  LogPosition position;
  CHECK_FALSE(position.wait_until_told(3, milliseconds(1)));
  std::jthread follower([&] {
    for (int i = 1; i <= 3; ++i) position.set_told(i);
  });
  CHECK(position.wait_until_told(3, std::chrono::minutes(1)));
}

}  // namespace
}  // namespace mkt
