// What a daemon allows that cannot count together with the others.
#include "daemon/limits/part_of_limits.h"

#include <doctest/doctest.h>

#include "tests/unit/must.h"
#include "tests/unit/reliability/fake_clock.h"

namespace mkt {
namespace {

std::uint32_t allowed_of(LimitStore& store, std::uint32_t requests, std::uint32_t asked) {
  const LimitKey key{LimitScope::search, "address:192.0.2.1"};
  std::uint32_t allowed = 0;
  for (std::uint32_t i = 0; i < asked; ++i) {
    if (must(store.check(key, {requests, std::chrono::minutes(15)})).allowed) ++allowed;
  }
  return allowed;
}

TEST_CASE("each of three daemons allows its part of a limit, rounded up") {
  FakeClock clock;
  for (const auto& [limit, part] :
       {std::pair<std::uint32_t, std::uint32_t>{9, 3}, {100, 34}, {1, 1}}) {
    CAPTURE(limit);
    PartOfLimits limits(3, clock);
    CHECK(allowed_of(limits, limit, limit + 5) == part);
  }
}

TEST_CASE("a daemon alone allows all, and a reset forgets") {
  FakeClock clock;
  PartOfLimits limits(1, clock);
  CHECK(allowed_of(limits, 10, 20) == 10);
  const LimitKey key{LimitScope::search, "address:192.0.2.1"};
  const Limit limit{10, std::chrono::minutes(15)};
  CHECK(must(limits.peek(key, limit)).remaining == 0);
  REQUIRE(limits.reset(key, limit));
  CHECK(must(limits.peek(key, limit)).remaining == 10);
}

}  // namespace
}  // namespace mkt
