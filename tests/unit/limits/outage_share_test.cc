#include "daemon/limits/outage_share.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "tests/unit/reliability/fake_clock.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

const LimitKey kOutageKey{LimitScope::publish, "publisher:acme"};

// What one lets through until it refuses.
std::uint32_t exhaust(OutageShare& share, const Limit& limit) {
  std::uint32_t passed = 0;
  while (share.check(kOutageKey, limit).allowed) ++passed;
  return passed;
}

TEST_CASE("three daemons share what is left of a limit when they cannot count together") {
  FakeClock clock;
  for (const std::uint32_t requests : {100U, 1000U}) {
    const Limit limit{requests, 15min};
    for (const std::uint32_t used : {0U, 1U, 30U, 34U, 36U, 98U, 99U, 100U}) {
      CAPTURE(requests);
      CAPTURE(used);
      std::uint32_t in_all = used;
      for (int daemon = 0; daemon < 3; ++daemon) {
        OutageShare share(3, clock);
        share.seen(used, kOutageKey, limit);
        const std::uint32_t passed = exhaust(share, limit);
        CHECK(passed == (requests - used + 2) / 3);
        in_all += passed;
      }
      CHECK(in_all >= requests);
      CHECK(in_all <= requests + 3);
    }
  }
}

TEST_CASE("one daemon alone has all that is left") {
  FakeClock clock;
  OutageShare share(1, clock);
  const Limit limit{100, 15min};
  share.seen(36, kOutageKey, limit);
  CHECK(exhaust(share, limit) == 64);
}

TEST_CASE("what leaves the window is shared too") {
  FakeClock clock;
  OutageShare share(3, clock);
  const Limit limit{90, 15min};
  share.seen(60, kOutageKey, limit);
  clock.advance(5min);
  CHECK(exhaust(share, limit) == 10);
  clock.advance(10min);  // the 60 leave
  CHECK(exhaust(share, limit) == 20);
  clock.advance(5min);  // the first 10 of this daemon leave
  CHECK(exhaust(share, limit) == 10);
}

TEST_CASE("the wait that a refusal names is enough") {
  FakeClock clock;
  OutageShare share(3, clock);
  const Limit limit{90, 15min};
  share.seen(90, kOutageKey, limit);
  clock.advance(1min);
  const LimitDecision refused = share.check(kOutageKey, limit);
  REQUIRE_FALSE(refused.allowed);
  CHECK(refused.reset == 14min);
  clock.advance(refused.reset);
  CHECK(share.check(kOutageKey, limit).allowed);
}

TEST_CASE("back together, what was counted apart counts with what is seen") {
  FakeClock clock;
  OutageShare share(3, clock);
  const Limit limit{100, 15min};
  share.seen(36, kOutageKey, limit);
  CHECK(exhaust(share, limit) == 22);
  share.begin_rejoining();
  share.seen(58, kOutageKey, limit);
  share.rejoin();
  CHECK(share.peek(kOutageKey, limit).remaining == 14);
}

TEST_CASE("while the daemons come together again each keeps within its share, and no less") {
  FakeClock clock;
  OutageShare share(3, clock);
  const Limit limit{100, 15min};
  share.seen(36, kOutageKey, limit);
  for (int i = 0; i < 12; ++i) REQUIRE(share.check(kOutageKey, limit).allowed);
  share.begin_rejoining();
  // Redis tells of these, of the other daemons', and of each that it counts now.
  for (std::uint32_t used = 48; used < 58; ++used) {
    share.seen(used, kOutageKey, limit);
    REQUIRE(share.check(kOutageKey, limit).allowed);
    share.seen(used + 1, kOutageKey, limit);
  }
  CHECK_FALSE(share.check(kOutageKey, limit).allowed);
  share.seen(88, kOutageKey, limit);
  share.rejoin();
  CHECK(share.peek(kOutageKey, limit).remaining == 4);
  // And so the next time.
  CHECK(exhaust(share, limit) == 4);
  share.begin_rejoining();
  share.seen(99, kOutageKey, limit);
  share.rejoin();
  CHECK(share.peek(kOutageKey, limit).remaining == 1);
}

TEST_CASE("a limit smaller than the number of daemons lets one of each through") {
  FakeClock clock;
  OutageShare share(5, clock);
  CHECK(exhaust(share, {1, 15min}) == 1);
}

}  // namespace
}  // namespace mkt
