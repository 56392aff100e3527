// How slow a body may be, with time told by the test.
#include "daemon/http/body_floor.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// How long a body of that length that comes at so many bytes a second keeps its slot.
seconds held(std::uint64_t length, std::uint64_t bytes_a_second) {
  BodyFloor floor(length);
  BodyFloor::Clock::time_point now{};
  std::uint64_t received = 0;
  for (seconds held{0};; ++held, now += seconds(1)) {
    if (received >= length || !floor.patience(now)) return held;
    floor.received(bytes_a_second);
    received += bytes_a_second;
  }
}

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB;

TEST_CASE("a small body may come at 8 KiB a second, and no slower") {
  CHECK(held(1 * kMiB, 8 * kKiB) == seconds(128));
  CHECK(held(1 * kMiB, 7 * kKiB) == seconds(15));
  CHECK(held(1 * kMiB, 0) == seconds(15));
}

TEST_CASE("the longer the body the faster it must come: none holds its slot for long") {
  CHECK(held(55 * kMiB, 9 * kKiB) == seconds(15));
  CHECK(held(55 * kMiB, 90 * kKiB) == seconds(15));
  CHECK(held(55 * kMiB, 94 * kKiB) <= minutes(10));
  CHECK(held(55 * kMiB, 94 * kKiB) > minutes(9));
  CHECK(held(5 * kMiB, 9 * kKiB) <= minutes(10));
}

TEST_CASE("each window is judged by itself, and a wait ends with it") {
  BodyFloor floor(kMiB);
  const BodyFloor::Clock::time_point start{};
  CHECK(floor.patience(start) == milliseconds(15'000));
  floor.received(512 * kKiB);
  CHECK(floor.patience(start + milliseconds(14'999)) == milliseconds(1));
  CHECK(floor.patience(start + seconds(15)) == milliseconds(15'000));
  floor.received(100 * kKiB);
  CHECK_FALSE(floor.patience(start + seconds(30)));
}

}  // namespace
}  // namespace mkt
